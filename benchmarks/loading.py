"""The loaders of the project beside bare Pillow: pictures per second.

`python benchmarks/loading.py [--workers 0,2 --pictures 200 --repeats 7 --json FILE]`
The loaders are DataManager's with the INPUT of configs/trainers/CoOp/vit_b16_ctxv1.yaml: read,
augment or crop, tensor, normalise, collate, hand over. Bare Pillow decodes a JPEG and resizes it
(bicubic) in as many workers and gives nothing back: to 224x224, and as the test transform has to,
to a smaller edge of 224. All take turns over the same generated JPEGs; each one's best run counts.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import PIL
import torch
from PIL import Image
from tabulate import tabulate
from torch.utils.data import DataLoader, Dataset

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.loading_pictures import write_pictures  # noqa: E402
from benchmarks.surroundings import surroundings  # noqa: E402
from toolbox import use_dassl  # noqa: E402

CONFIG = ROOT / "configs/trainers/CoOp/vit_b16_ctxv1.yaml"


def main(arguments: list[str] | None = None) -> None:
    """Measure both transforms at each number of workers, print the table, write the JSON."""
    options = parse(arguments)
    torch.set_num_threads(1)  # as in a worker
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        paths = write_pictures(Path(folder), options.pictures) * options.passes
        for workers in options.workers:
            loaders = project_loaders(paths, workers)
            rows += [measure(name, loader, options.repeats) for name, loader in loaders.items()]
        kilobytes = sum(Path(path).stat().st_size for path in set(paths)) / options.pictures / 1e3
    print(f"{options.pictures} JPEGs of {kilobytes:.0f} KB on average, Pillow {PIL.__version__}")
    table = [[f"{v:.3g}" if v < 10 else f"{v:.0f}" for v in list(r.values())[2:]] for r in rows]
    table = [list(r.values())[:2] + cells for r, cells in zip(rows, table, strict=True)]
    print(tabulate(table, headers=list(rows[0]), disable_numparse=True, stralign="right"))
    if options.json:
        report = {"command": " ".join(sys.argv), **surroundings(), "kilobytes": kilobytes}
        options.json.write_text(json.dumps(report | {"rows": rows}, indent=1) + "\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=numbers, default=[2], help="such as 0,2,4")
    parser.add_argument("--pictures", type=int, default=200, help="different JPEGs")
    parser.add_argument("--passes", type=int, default=4, help="over all of them in a run")
    parser.add_argument("--repeats", type=int, default=7, help="runs of each side, in turns")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    return parser.parse_args(arguments)


def numbers(text: str) -> list[int]:
    """ "0,2" as [0, 2]."""
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


def measure(name: str, loader: DataLoader, repeats: int) -> dict:
    """One row of the table: the loader, both bare forms, and its rate over theirs."""
    paths = [item.impath for item in loader.dataset.data_source]
    if loader.drop_last:
        paths = paths[: len(loader) * loader.batch_size]
    sides = [loader]
    for square in (True, False):
        data = Bare(paths, square)
        sides.append(DataLoader(data, loader.batch_size, num_workers=loader.num_workers))
    runs = [[seconds(side) for side in sides] for _ in range(repeats + 1)][1:]
    ours, square, edge = (len(paths) / min(times) for times in zip(*runs, strict=True))
    row = {"transform": name, "workers": loader.num_workers, "loader/s": ours}
    row |= {"Pillow 224x224/s": square, "ratio": ours / square}
    return row | {"Pillow edge 224/s": edge, "ratio to edge": ours / edge}


def seconds(loader: Iterable) -> float:
    """Of one pass, with the start of the workers as in every epoch."""
    start = time.perf_counter()
    for _ in loader:
        pass
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
