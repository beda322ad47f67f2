"""All benchmarks: what each compares, its small run, and how its rows are told apart."""

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.cost_rows import cost_tables
from benchmarks.tables import one_table

Tables = Callable[[list[dict]], dict[str, list[dict]]]


class Benchmark(NamedTuple):
    """A benchmark.

    Attributes:
        name: of its file in this folder.
        compares: what its table shows.
        small: options of a run that takes about a minute on two cores.
        keys: the columns that say which row it is.
        times: columns that are compared with the last run's.
        tables: what is shown of its rows, by title.
        on_device: whether it has the option --device.
    """

    name: str
    compares: str
    small: tuple[str, ...]
    keys: tuple[str, ...]
    times: tuple[str, ...]
    tables: Tables = one_table
    on_device: bool = True


BENCHMARKS = (
    Benchmark(
        "head",
        "A step of the exact RAda head beside a plain dense one.",
        ("--classes", "50,100,1000", "--batch", "1,8", "--seconds", "2"),
        ("step", "K", "B"),
        ("exact ms", "dense ms"),
    ),
    Benchmark(
        "steps",
        "A training step of a RAdaX beside that of its X: what the mask adds.",
        ("--backbone", "ViT-B/32", "--trainers", "ZeroshotCLIP,CoOp,MaPLe", "--classes", "50"),
        ("X", "K", "B"),
        ("X ms", "RAdaX ms"),
    ),
    Benchmark(
        "cost",
        "What every trainer takes, and what of it is the mask's ([what does the last attention "
        "cost?](cost.md)).",
        (
            *("--backbone", "ViT-B/32", "--classes", "50"),
            *("--trainers", "ZeroshotCLIP,RAda,CoOp,RAdaCoOp,FT,TPT,RAdaTPT"),
        ),
        ("trainer", "K", "B"),
        ("train ms", "test ms"),
        cost_tables,
    ),
    Benchmark(
        "test_time",
        "Test-time training, images side by side, beside a plain loop over images.",
        (
            *("--backbone", "ViT-B/32", "--classes", "100"),
            *("--images", "1", "--episodes", "2", "--repeats", "2"),
        ),
        ("method", "K"),
        ("plain tuning s", "ours tuning s"),
    ),
    Benchmark(
        "fine_tuning",
        "A step of full fine-tuning with activations kept, and with activation checkpointing.",
        (
            *("--backbone", "ViT-B/32", "--trainers", "FT,RAdaFT"),
            *("--classes", "50", "--batch", "8", "--repeats", "2"),
        ),
        ("trainer", "K", "B"),
        ("kept ms", "recomputed ms"),
    ),
    Benchmark(
        "features",
        "Epochs of RAda on image features that were made once ([features](features.md)), beside "
        "epochs on pictures; by picture.",
        ("--backbone", "ViT-B/32", "--pictures", "64", "--repeats", "2"),
        ("trainer", "K", "B"),
        ("pictures ms", "features ms"),
    ),
    Benchmark(
        "loading",
        "The loaders of pictures beside bare Pillow, which only decodes and resizes.",
        ("--pictures", "100", "--passes", "2", "--repeats", "3"),
        ("transform", "workers"),
        ("loader/s", "Pillow 224x224/s"),
        on_device=False,
    ),
    Benchmark(
        "reading",
        "Reading and indexing a dataset of 101,000 pictures.",
        ("--repeats", "3"),
        ("shots",),
        ("seconds",),
        on_device=False,
    ),
)


def chosen(names: str) -> list[Benchmark]:
    """The benchmarks of these names, with commas between; all if there is none.

    Raises:
        ValueError: for a name that none has.
    """
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    wanted = names.split(",") if names else list(known)
    for name in wanted:
        if name not in known:
            raise ValueError(f'no benchmark "{name}"; known: {", ".join(known)}')
    return [known[name] for name in known if name in wanted]
