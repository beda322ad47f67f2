"""Fetch the datasets of the benchmark, unpack them and check them: `python -m rada.prepare`.

Read in this order: source.py (what is said of a dataset), sources.py (the table of all sixteen),
place.py (from a source to a folder that the reader accepts), download.py, unpack.py, check.py.

For a dataset of your own, once its reader is in datasets/: a line in `expected.EXPECTED` and an
entry in `sources.SOURCES`, for example

    "mine": Source(
        Archive("mine.zip", "https://example.org/mine.zip", contents={"mine/photos": "images"}),
        File("split_mine.json", "https://example.org/split_mine.json", md5="..."),
        gigabytes=1.5,
    )

torchvision's dataset classes are not used here: they have other folder names than CoOp and start
an interrupted download from its beginning.
"""
