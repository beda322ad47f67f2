"""The loaders of the project beside bare Pillow: pictures per second.

`python benchmarks/loading.py [--workers 0,2 --pictures 200 --repeats 7 --json FILE]`
The loaders are DataManager's with the INPUT of configs/trainers/CoOp/vit_b16_ctxv1.yaml: read,
augment or crop, tensor, normalise, collate, hand over. Bare Pillow decodes a JPEG and resizes it
(bicubic) in as many workers and gives nothing back: to 224x224, and as the test transform has to,
to a smaller edge of 224. All take turns over the same generated JPEGs; the least time of each
counts. PyTorch has one thread, as in a worker.
"""

import argparse
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PIL import Image
from torch.utils.data import DataLoader, Dataset

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.loading_pictures import write_pictures
from benchmarks.report import Options, publish, require, tell, with_json
from benchmarks.turns import alternate
from rada.toolbox import use_dassl

CONFIG = ROOT / "configs/trainers/CoOp/vit_b16_ctxv1.yaml"


def main(arguments: list[str] | None = None) -> int:
    """Measure both transforms at each number of workers, print the table; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options), digits=2)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = with_json(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--workers", type=counts, default=[2], help="such as 0,2,4")
    parser.add_argument("--pictures", type=int, default=200, help="different JPEGs")
    parser.add_argument("--passes", type=int, default=4, help="over all of them in a run")
    parser.add_argument("--repeats", type=int, default=7, help="runs of each side, in turns")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[dict]:
    """All rows; raises ValueError for a number below 1."""
    require(options, "pictures", "passes", "repeats")
    with tempfile.TemporaryDirectory() as folder:
        tell("JPEGs")
        paths = write_pictures(Path(folder), options.pictures)
        kilobytes = sum(Path(path).stat().st_size for path in paths) / len(paths) / 1e3
        for workers in options.workers:
            for name, loader in project_loaders(paths * options.passes, workers).items():
                tell(f"{name} with {workers} workers")
                row = {"transform": name, "workers": workers, "KB a picture": round(kilobytes)}
                yield row | rates(loader, options.repeats)


def counts(text: str) -> list[int]:
    """ "0,2" as [0, 2]; raises ValueError for anything else."""
    return [int(word) for word in text.split(",")]


def project_loaders(paths: list[str], workers: int) -> dict[str, DataLoader]:
    """The training and the test loader of a DataManager over these pictures."""
    use_dassl()
    from dassl.config import get_cfg_default
    from dassl.data import DataManager
    from dassl.data.datasets import DATASET_REGISTRY, DatasetBase, Datum

    class Generated(DatasetBase):
        def __init__(self, cfg):
            items = [Datum(path, index % 10) for index, path in enumerate(paths)]
            super().__init__(train_x=items, test=items)

    DATASET_REGISTRY.register(Generated, force=True)
    cfg = get_cfg_default()
    with CONFIG.open(encoding="utf-8") as file:
        given = cfg.load_cfg(file)
    cfg.INPUT.merge_from_other_cfg(given.INPUT)
    cfg.DATALOADER.merge_from_other_cfg(given.DATALOADER)
    cfg.DATALOADER.NUM_WORKERS = workers
    cfg.DATASET.NAME, cfg.VERBOSE = "Generated", False
    manager = DataManager(cfg)
    return {"training": manager.train_loader_x, "test": manager.test_loader}


class Bare(Dataset):
    """Decodes and resizes pictures with Pillow and nothing else.

    Args:
        square: resize to 224x224, else to a smaller edge of 224.
    """

    def __init__(self, paths: list[str], square: bool):
        self.paths, self.square = paths, square

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> int:
        with Image.open(self.paths[index]) as image:
            scale = 224 / min(image.size)
            size = (224, 224) if self.square else [int(scale * edge) for edge in image.size]
            image.resize(size, Image.Resampling.BICUBIC)
        return 0


def rates(loader: DataLoader, repeats: int) -> dict:
    """Pictures per second of a loader and of both bare forms, and its rate over theirs."""
    paths = [item.impath for item in loader.dataset.data_source]
    if loader.drop_last:
        paths = paths[: len(loader) * loader.batch_size]
    sides = {"loader": loader}
    for square, name in ((True, "Pillow 224x224"), (False, "Pillow edge 224")):
        data = Bare(paths, square)
        sides[name] = DataLoader(data, loader.batch_size, num_workers=loader.num_workers)
    # a pass includes the start of the workers, as in every epoch
    passes = {name: partial(deque, side, maxlen=0) for name, side in sides.items()}
    seconds = alternate(passes, repeats)
    row: dict = {f"{name}/s": round(len(paths) / seconds[name]) for name in sides}
    row["ratio"] = seconds["Pillow 224x224"] / seconds["loader"]
    return row | {"ratio to edge": seconds["Pillow edge 224"] / seconds["loader"]}


if __name__ == "__main__":
    sys.exit(main())
