"""New inputs for whatever reads files and options, for some minutes each.

    python -m tests.fuzz --seconds 300
    python -m tests.fuzz --seconds 60 splits checkpoints

Each input has to be taken, or refused by a ValueError or OSError of one line. The first that is
neither is shrunk and shown, and the exit code is 1. The test suite draws the same inputs on every
run; this draws others.
"""

import argparse
import contextlib
import copy
import io
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rada.toolbox import use_dassl

use_dassl()

import torch  # noqa: E402
import yaml  # noqa: E402

import train  # noqa: E402
from dassl.utils.random_state import get_random_state, set_random_state  # noqa: E402
from rada.command_line import given as options_given  # noqa: E402
from rada.data.registry import dataset_class  # noqa: E402
from rada.data.splits import read_split, require_labels, subsample_classes  # noqa: E402
from rada.engine import checkpoint_content as content  # noqa: E402
from rada.engine.config import defaults_of, merge  # noqa: E402
from rada.engine.registry import registered  # noqa: E402
from rada.experiments.logs import FINISHED, RESULT, parse_seeds, read_metrics  # noqa: E402
from rada.experiments.report import FORMATS, report  # noqa: E402
from rada.settings.table import require_together  # noqa: E402
from rada.yaml_files import read_yaml  # noqa: E402

LEAVES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    st.sampled_from([10**400, -1, 0, 1e300, "2", "(1, 2)", "nan", "\0", "\n", "\udcff", "[" * 999]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=4), inside),
    max_leaves=6,
)
CLASSES = registered()
TRAINERS = sorted(CLASSES)


def places(tree, path=()):
    """Paths of all parts of nested dicts and lists."""
    yield path
    if isinstance(tree, dict | list | tuple):
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            yield from places(tree[key], (*path, key))


@st.composite
def mutated(draw, tree, values=VALUES):
    """A tree with one to three of its parts removed, exchanged, or added to."""
    tree = {"root": copy.deepcopy(tree)}
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([p for p in places(tree) if p]))
        holder = tree
        for key in way:
            holder = holder[key]
        if not isinstance(holder, dict | list):
            continue
        if draw(st.booleans()) or (last == "root" and holder is tree):
            holder[last] = draw(values)
        elif isinstance(holder, dict) and draw(st.booleans()):
            holder[draw(st.text(max_size=5))] = draw(values)
        else:
            del holder[last]
    return tree["root"]


@st.composite
def scratched(draw, text: str):
    """The bytes of a text with some of them removed, exchanged or doubled."""
    data = text.encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 10, 100])))
        data = (
            data[:start] + draw(st.binary(max_size=6) | st.just(data[start:stop] * 2)) + data[stop:]
        )
    return data


def as_json(tree) -> bytes:
    """Also of what is no text in UTF-8."""
    return json.dumps(tree).encode("utf-8", "surrogatepass")


# ---- what is read


SPLIT = {
    p: [[f"{p}{i}.jpg", i % 3, f"class {i % 3}"] for i in range(3)]
    for p in ("train", "val", "test")
}


def split_files(folder: Path):
    """Split files: trees and scratched bytes."""

    @given(mutated(SPLIT).map(as_json) | scratched(json.dumps(SPLIT)), st.sampled_from("bn"))
    def one(data, half):
        path = folder / "split.json"
        path.write_bytes(data)
        splits = read_split(str(path), "pictures")
        require_labels(splits, str(path))
        subsample_classes(*splits, subsample={"b": "base", "n": "new"}[half])

    return one


def configs(folder: Path):
    """YAML files of one trainer merged into its config."""
    tables = {name: defaults_of(CLASSES[name], dataset_class("custom")) for name in TRAINERS}
    files = sorted(Path("configs").rglob("*.yaml"))
    trees = [tree for f in files if (tree := yaml.safe_load(f.read_text()))]
    dumped = st.sampled_from(trees).flatmap(mutated).map(yaml_bytes)
    texts = st.sampled_from(files).flatmap(lambda file: scratched(file.read_text()))

    @given(dumped | texts, st.sampled_from(TRAINERS))
    def one(data, trainer):
        path = folder / "x.yaml"
        path.write_bytes(data)
        cfg, table = tables[trainer]
        cfg = cfg.clone()
        merge(cfg, table, read_yaml(str(path)))
        require_together(cfg)

    return one


def yaml_bytes(tree) -> bytes:
    """YAML of a tree; what cannot be dumped is left out."""
    try:
        return yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass")
    except (yaml.YAMLError, ValueError, RecursionError):
        return b""


def options(folder: Path):
    """KEY VALUE pairs of the command line."""
    tables = {name: defaults_of(CLASSES[name], dataset_class("custom")) for name in TRAINERS}
    keys = sorted({key for _, table in tables.values() for key in (*table.settings, *table.nodes)})
    key = (
        st.sampled_from(keys) | st.text(max_size=12) | st.sampled_from(keys).map(lambda k: f"{k}.X")
    )
    word = st.text(max_size=20) | VALUES.map(repr) | LEAVES.map(str)

    @given(
        st.lists(key | word, max_size=6),
        st.lists(st.tuples(key, word), max_size=3),
        st.sampled_from(TRAINERS),
    )
    def one(words, pairs, trainer):
        args = train.parse_args([])
        args.opts = [*(w for pair in pairs for w in pair), *words]
        cfg, table = tables[trainer]
        cfg = cfg.clone()
        merge(cfg, table, options_given(args))
        require_together(cfg)

    return one


def checkpoints(folder: Path):
    """Checkpoints, their optimiser and schedule, and one step behind them."""
    module = torch.nn.Linear(2, 2)
    parts = {}
    for name, make in (("sgd", torch.optim.SGD), ("adam", torch.optim.Adam)):
        optim = make(module.parameters(), lr=0.1, **({"momentum": 0.9} if name == "sgd" else {}))
        sched = torch.optim.lr_scheduler.CosineAnnealingLR(optim, 5)
        module(torch.ones(1, 2)).sum().backward()
        optim.step(), sched.step()
        parts[name] = optim, sched, copy.deepcopy(optim.state_dict()), dict(sched.state_dict())
    whole = {
        "state_dict": {k: v.clone() for k, v in module.state_dict().items()},
        "record": {"model": {"a": "b"}, "run": {"c": "d"}},
        "epoch": 1,
        "best_result": 3.0,
        "rng": get_random_state(),
    }
    values = VALUES | st.sampled_from(
        [torch.ones(2), torch.ones(2, 2) * float("nan"), torch.ones(())]
    )
    trees = {
        n: mutated(whole | {"optimizer": p[2], "scheduler": p[3]}, values) for n, p in parts.items()
    }

    @given(st.sampled_from(sorted(trees)).flatmap(lambda n: st.tuples(st.just(n), trees[n])))
    def one(drawn):
        name, tree = drawn
        optim, sched, state, schedule = parts[name]
        optim.load_state_dict(copy.deepcopy(state))
        sched.load_state_dict(dict(schedule))
        path = str(folder / "x.pth.tar")
        try:
            torch.save(tree, path)
        except (OverflowError, ValueError, UnicodeEncodeError):  # nobody could write it
            return
        found = content.read_checkpoint(path)
        content.load_tensors(module, found["state_dict"], path)
        with content.naming(path):
            if found.get("optimizer") is not None:
                content.load_optimiser(optim, found["optimizer"])
            if found.get("scheduler") is not None:
                content.load_schedule(sched, found["scheduler"])
            if "rng" in found:
                set_random_state(found["rng"])
        module(torch.ones(1, 2)).sum().backward()
        optim.step(), sched.step()

    return one


RUN = {
    **{"trainer": "CoOp", "dataset": "eurosat", "seed": 1, "shots": 16, "classes": "base"},
    **{"metrics": {"accuracy": 50.0, "macro_f1": 49.0}, "seconds": {"train": 1.0}},
    **{"learned_parameters": 3, "learned_bytes": 12, "checkpoint_bytes": {"prompt_learner": 9}},
    **{
        "rehearsal": False,
        "device": "x86_64",
        "versions": {"torch": "2.9"},
        "date": "2026-01-01T00:00:00",
    },
    **{
        "cfg": {"OPTIM": {"LR": 1.0}},
        "opts": ["OPTIM.LR", "1"],
        "toolbox": "bundled",
        "setting": "a",
    },
}
PLACE = "base2new/train_base/eurosat/shots_16/CoOp/vit_b16_ctxv1"


def results(folder: Path):
    """results.json beside a whole one: the table is made of what can be read."""
    whole = folder / PLACE / "seed1/results.json"
    other = folder / PLACE / "seed2/results.json"
    for path in (whole, other):
        path.parent.mkdir(parents=True)
    whole.write_bytes(as_json(RUN))
    run = RUN | {"seed": 2}

    @given(
        mutated(run).map(as_json) | scratched(json.dumps(run)),
        st.sampled_from(FORMATS),
        st.booleans(),
    )
    def one(data, style, short):
        other.write_bytes(data)
        by_trainer = short and style not in ("csv", "json")
        assert report(folder / "base2new", style, by_trainer=by_trainer)[0]

    return one


LOG = """** Config **
eval_only: False
=> result
* total: 1,000
* correct: 763
* accuracy: 76.3%
* error: 23.7%
* macro_f1: 75.0%
Finish training
=> result
* accuracy: 80.0%
* error: 20.0%
* macro_f1: 79.0%
Elapsed: 0:00:10
"""


def logs(folder: Path):
    """log.txt, of training and test."""
    path = folder / "seeds/seed1/log.txt"
    path.parent.mkdir(parents=True)

    @given(
        scratched(LOG), st.booleans(), st.sampled_from(["accuracy", "macro_f1", "(", "error", ""])
    )
    def one(data, trained, keyword):
        path.write_bytes(data)
        read_metrics(path.parent, trained)
        parse_seeds(str(folder / "seeds"), keyword, FINISHED if trained else RESULT, trained)

    return one


TARGETS: dict[str, Callable] = {
    "configs": configs,
    "options": options,
    "splits": split_files,
    "checkpoints": checkpoints,
    "results": results,
    "logs": logs,
}


def fuzz(name: str, seconds: float) -> int:
    """Draw inputs for so long.

    Returns:
        How many were drawn.

    Raises:
        Exception: what the first faulty input, shrunk, ended in.
    """
    count = [0]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        one = TARGETS[name](Path(folder))
        whole = one.hypothesis.inner_test

        def told(*args, **drawn):
            count[0] += 1
            try:
                whole(*args, **drawn)
            except (ValueError, OSError) as error:
                if "\n" in str(error) or not str(error):
                    raise AssertionError(f"no line: {error!r}") from error

        one.hypothesis.inner_test = told
        how = settings(
            max_examples=1000,
            deadline=None,
            database=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        batch, ends = how(one), time.monotonic() + seconds
        while time.monotonic() < ends:
            batch()
    return count[0]


def main() -> int:
    """Fuzz what is named, by default everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; default: all")
    parser.add_argument("--seconds", type=float, default=60, help="for each")
    args = parser.parse_args()
    failed = 0
    for name in args.targets or TARGETS:
        try:
            with open(os.devnull, "w") as quiet, contextlib.redirect_stderr(quiet):
                count = fuzz(name, args.seconds)
            print(f"{name}: {count:,} inputs in {args.seconds:g} s, none a traceback", flush=True)
        except Exception:
            failed = 1
            print(f"{name}: a fault\n{traceback.format_exc()}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
