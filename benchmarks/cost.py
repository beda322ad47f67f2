"""What does the last attention cost? Every trainer's parameters, files, FLOPs, time and memory.

`python benchmarks/cost.py [--backbone ViT-B/16 --classes 50,500,1000 --trainers CoOp,RAdaCoOp]`
Random weights, random pictures, float32, published settings; a process for each trainer and number
of classes. A training step is the trainer's own. A test step has class features that were encoded
before, as in its own test, but for those that depend on the image; trainers that learn at test time
take a whole episode. A RAdaX is measured in turns with its X, which gives the mask's share; times
are the least of each. FLOPs are those of products (benchmarks/flops.py), by image. Peak memory is
what steps add to model and pictures: on a CPU to the process, on CUDA to the allocator.

Where memory does not suffice, the row says so, a line says what to lower, and the exit code is 2.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cost_case import Case
from benchmarks.cost_rows import cost_row, cost_tables, failed_row
from benchmarks.report import Options, common, numbers, publish, require, tell
from rada import listing
from rada.backbones.loading import GEOMETRIES, build_backbone
from rada.engine.registry import registered
from rada.trainers.rada import WithRAda


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases, print the tables, write the JSON; returns the exit code."""
    options = parse(arguments)
    failures: list[str] = []
    code = publish(options, rows(options, failures), digits=2, tables=cost_tables)
    for line in failures:
        print(line, file=sys.stderr)
    return code or 2 * bool(failures)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = common(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--backbone", default="ViT-B/16")
    parser.add_argument("--classes", type=numbers, default=[50, 500, 1000])
    parser.add_argument("--trainers", default="", help="names with commas between; default: all")
    parser.add_argument("--batch", type=int, default=4, help="images a step")
    parser.add_argument("--repeats", type=int, default=5, help="alternating steps of a case")
    parser.add_argument("--seconds", type=float, default=10, help="a case ends early after these")
    parser.add_argument(
        "--memory", type=float, default=0, help="GB a case may take; 0: what is left"
    )
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace, failures: list[str]) -> Iterator[dict]:
    """All rows; raises ValueError for an unknown trainer, backbone or device, or a bad number.

    Args:
        options: the command line.
        failures: gets a line for each case that could not be measured.
    """
    require(options, "batch", "repeats")
    names = chosen(options.trainers)
    if options.backbone not in GEOMETRIES:
        build_backbone(options.backbone)  # a mistake is better told before than by each case
    peaks: dict[tuple, dict] = {}
    for name in names:
        for num_classes in options.classes:
            what = f"{name} K={num_classes}"
            tell(what)
            try:
                yield measure(case_of(name, num_classes, options), peaks)
            except MemoryError:
                failures.append(f"{what}: out of memory; lower --classes or --batch")
                yield failed_row(name, num_classes, options.batch, "out of memory")
            except RuntimeError as error:
                failures.append(f"{what}: {error}")
                yield failed_row(name, num_classes, options.batch, "failed")


def chosen(names: str) -> list[str]:
    """The trainers of these names, each baseline before its RAda version; all if there is none.

    Raises:
        ValueError: for a name that no trainer has.
    """
    known = list(listing.in_order(registered()))
    wanted = names.split(",") if names else known
    for name in wanted:
        if name not in known:
            raise ValueError(f'no trainer "{name}"; known: {", ".join(known)}')
    return [name for name in known if name in wanted]


def case_of(name: str, num_classes: int, options: argparse.Namespace) -> Case:
    """What a process measures."""
    mask = "with" if issubclass(registered()[name], WithRAda) else ""
    sizes = options.backbone, num_classes, options.batch, options.device
    how = options.threads, options.repeats, options.seconds, options.memory
    return Case(name, mask, *sizes, *how)


def measure(case: Case, peaks: dict[tuple, dict]) -> dict:
    """One row of the table.

    Args:
        case: a trainer and sizes.
        peaks: of the trainers measured before, by name and K; this one's is added.

    Raises:
        MemoryError, RuntimeError: as `benchmarks.fresh.fresh`.
    """
    found, classes = case.in_a_process(), registered()
    peaks[case.trainer, case.num_classes] = found["peaks"]
    without: dict[str, int] = {}
    if case.mask:
        baseline = listing.baseline(case.trainer, classes), case.num_classes
        known = found.get("train") and peaks.get(baseline)
        without = known or case._replace(mask="without").in_a_process()["peaks"]
    return cost_row(case.trainer, case.num_classes, found, without)


if __name__ == "__main__":
    sys.exit(main())
