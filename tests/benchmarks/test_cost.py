"""`python benchmarks/cost.py`: what every trainer costs, and what of it is the mask's."""

import json

import pytest

from benchmarks import cost
from benchmarks.checkpoint_sizes import checkpoint_bytes
from benchmarks.cost_case import Case
from benchmarks.cost_sides import side
from benchmarks.flops import counted
from benchmarks.steps_case import Step
from rada.backbones.weights import TINY_CLIP
from rada.engine.registry import registered
from rada.listing import in_order, named_backbone

D, K, B = 128, 3, 2  # TinyCLIP's width
TINY = ("--backbone", TINY_CLIP, "--classes", str(K), "--batch", str(B), "--repeats", "1")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The JSON of some trainers, each measured in this process to save the start of others."""
    file = tmp_path_factory.mktemp("cost") / "cost.json"
    names = "RAdaCoOp,CoOp,RAdaTPT,FT,RAda,ZeroshotCLIP"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Case, "in_a_process", Case.measure)
        assert cost.main([*TINY, "--trainers", names, "--json", str(file)]) == 0
    return json.loads(file.read_text())


@pytest.fixture
def rows(report):
    """Rows by trainer."""
    return {row["trainer"]: row for row in report["rows"]}


def test_each_trainer_has_a_row_behind_its_baseline(rows):
    assert list(rows) == ["ZeroshotCLIP", "RAda", "CoOp", "RAdaCoOp", "FT", "RAdaTPT"]
    assert len({tuple(row) for row in rows.values()}) == 1
    assert all(row["K"] == K for row in rows.values())


def test_what_does_not_train_has_no_training_step(rows):
    for name, row in rows.items():
        trains = name not in ("ZeroshotCLIP", "RAdaTPT")
        for key in ("train GFLOPs", "train ms", "train images/s", "train MB", "checkpoint kB"):
            assert (row[key] is not None) == trains, (name, key)
        assert row["test ms"] > 0 and row["test GFLOPs"] > 0 and row["test MB"] is not None


def test_rates_follow_from_times(rows):
    assert rows["CoOp"]["B"] == B and rows["RAdaTPT"]["B"] == 1
    for row in rows.values():
        assert row["test images/s"] * row["test ms"] == pytest.approx(1e3 * row["B"])


def test_learned_numbers_and_the_masks_part(rows):
    mask = 6 * (D**2 + D)
    assert rows["RAda"]["learned"] == mask and rows["RAda"]["tensors kB"] == 4 * mask / 1e3
    assert rows["RAdaCoOp"]["learned"] == rows["CoOp"]["learned"] + mask
    part = rows["RAdaCoOp"]["mask learned %"]
    assert part == pytest.approx(100 * mask / rows["RAdaCoOp"]["learned"])
    # Adam keeps two numbers for each of the mask's, SGD one for each of the context's
    assert 3 < rows["RAda"]["checkpoint kB"] / rows["RAda"]["tensors kB"] < 3.2


# RAda's step is compared with a forward pass; RAdaCoOp's has gradients of class features, too
@pytest.mark.parametrize(
    "name, baseline, without, least",
    [("RAda", "ZeroshotCLIP", "test GFLOPs", 9), ("RAdaCoOp", "CoOp", "train GFLOPs", 12)],
)
def test_the_masks_flops_are_the_heads_own(rows, name, baseline, without, least):
    projection = 2 * K * D**2  # of an image
    with_mask, base = rows[name]["train GFLOPs"], rows[baseline][without]
    assert 1e9 * (with_mask - base) >= least * projection
    assert rows[name]["mask train GFLOPs %"] == pytest.approx(100 * (1 - base / with_mask))
    added = rows[name]["test GFLOPs"] - rows[baseline]["test GFLOPs"]
    assert 1e9 * added >= 4 * projection


def test_what_has_no_mask_has_no_share(rows):
    for name, row in rows.items():
        shares = [value for key, value in row.items() if key.startswith("mask ")]
        assert any(value is not None for value in shares) == name.startswith("RAda")


@pytest.mark.parametrize("name", in_order(registered()))
def test_every_trainer_has_the_steps_that_are_measured(name):
    own = side(name, named_backbone(TINY_CLIP), 2, 2)
    if own.learns:
        own.train()
    with own.testing() as test:
        assert counted(test) > 0


@pytest.mark.parametrize("name", ["CoOp", "RAdaMaPLe", "LPFT"])
def test_files_are_as_large_as_they_would_be(name, tmp_path, capsys):
    step = Step(name, named_backbone(TINY_CLIP), K, B)
    step()
    sizes = checkpoint_bytes(step.trainer)
    step.trainer.save_model(0, str(tmp_path))
    assert sizes == {n: (tmp_path / n / "model.pth.tar-1").stat().st_size for n in sizes}
    assert list(sizes) == step.trainer.get_model_names()
    assert "saved" in capsys.readouterr().out


def test_a_case_without_memory_leaves_the_others_be(capsys):
    options = ("--backbone", TINY_CLIP, "--trainers", "CoOp", "--memory", "0.3", "--repeats", "1")
    assert cost.main([*options, "--classes", "3,5000"]) == 2
    out, err = capsys.readouterr()
    measured, failed = out.splitlines()[2:4]
    assert measured.split()[:4] == ["CoOp", "3", "4", "256"]
    assert failed.split()[:3] == ["CoOp", "5,000", "4"]
    assert "out of memory" in failed
    line = "CoOp K=5000: out of memory; lower --classes or --batch"
    assert err.splitlines()[-1] == line


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--backbone", "ViT-B/17"), 'unknown backbone "ViT-B/17" (did you mean "ViT-B/16"?)'),
        (("--trainers", "CoOp,Foo"), 'no trainer "Foo"; known: ZeroshotCLIP, RAda, '),
        (("--classes", "0"), '"0" is no list of numbers above 0'),
        (("--batch", "0"), "--batch must be 1 or more, got 0"),
        (("--device", "cuda:7"), 'device "cuda:7" is not here'),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(arguments, message, capsys):
    try:
        code = cost.main(list(arguments))
    except SystemExit as stop:  # argparse's
        code = stop.code
    lines = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert code == 2 and len(lines) == 1 and message in lines[0]
