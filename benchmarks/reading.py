"""Reading a dataset of 101,000 pictures: seconds to index it, memory of its loaders.

`python benchmarks/reading.py [--repeats 5 --json FILE]`
A tree of Food101's size and layout, with its split file and empty pictures, is made in a temporary
folder. A process for each row builds the loaders, which gives the memory, then has the project's
reader read it again and again: split file, existence of every picture, labels, items.
"""

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.report import Options, publish, require, tell, with_json
from benchmarks.turns import alternate
from rada.toolbox import use_dassl

use_dassl()
from dassl.config import get_cfg_default
from dassl.data import DataManager
from rada.data.class_lists import read_classnames
from rada.data.registry import dataset_class, register_all

PARTS = {"train": range(500), "val": range(500, 700), "test": range(700, 1000)}  # of a class


def main(arguments: list[str] | None = None) -> int:
    """Measure with all pictures and with 16 shots, print the table; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options), digits=2)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = with_json(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--repeats", type=int, default=5, help="readings behind the first one")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[dict]:
    """Both rows; raises ValueError for a number below 1."""
    require(options, "repeats")
    with tempfile.TemporaryDirectory() as root:
        tell("101,000 empty pictures")
        write_tree(Path(root, dataset_class("food101").dataset_dir))
        for shots in (-1, 16):
            tell("16 shots" if shots > 0 else "all pictures")
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                yield pool.submit(measure, root, shots, options.repeats).result()


def write_tree(folder: Path) -> None:
    """Food101 as its archive and CoOp's split file leave it, with empty pictures."""
    names = read_classnames("food101")
    for name in names:
        (folder / "images" / name).mkdir(parents=True)
        for number in range(1000):
            (folder / "images" / name / f"{number:07d}.jpg").touch()
    split = {
        part: [[f"{n}/{i:07d}.jpg", label, n] for label, n in enumerate(names) for i in numbers]
        for part, numbers in PARTS.items()
    }
    (folder / "split_zhou_Food101.json").write_text(json.dumps(split, indent=4))


def config(root: str, shots: int):
    """A config that reads the tree; empty pictures cannot be decoded."""
    cfg = get_cfg_default()
    cfg.DATASET.NAME, cfg.DATASET.ROOT, cfg.DATASET.NUM_SHOTS = "Food101", root, shots
    cfg.DATASET.SUBSAMPLE_CLASSES, cfg.DATASET.CHECK_PICTURES, cfg.SEED = "all", False, 1
    cfg.DATALOADER.NUM_WORKERS, cfg.VERBOSE = 0, False
    return cfg


def measure(root: str, shots: int, repeats: int) -> dict:
    """One row: what the loaders add to the process, and the least time of readings after that."""
    sys.stdout = io.StringIO()  # the reader says what it reads
    register_all()
    cfg, before = config(root, shots), resident()
    manager = DataManager(cfg)
    added = resident() - before
    assert len(manager.test_loader.dataset) == 101 * len(PARTS["test"])
    seconds = alternate({"reading": lambda: dataset_class("food101")(cfg)}, repeats)["reading"]
    dataset = manager.dataset
    count = sum(map(len, (dataset.train_x, dataset.val, dataset.test)))
    name = shots if shots > 0 else "all"
    return {"shots": name, "items": count, "seconds": seconds, "MB of loaders": added}


def resident() -> float:
    """Memory of this process, MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("no VmRSS in /proc/self/status; this benchmark needs Linux")


if __name__ == "__main__":
    sys.exit(main())
