"""`python -m trainers --list`: all trainers, and how much each of them learns."""

import re

import pytest

from rada.engine import registry as trainers_registry
from rada.listing import StandIn, assemble, learned_parameters, named_backbone
from rada.trainers.__main__ import cli


@pytest.fixture(scope="module")
def vit():
    """ViT-B/16's geometry, whose encoders compute nothing."""
    return StandIn(named_backbone("ViT-B/16"))


def rows(text: str) -> dict[str, str]:
    """What stands behind each trainer's name; fails if one has two rows."""
    table = text.split("\n\n")[0].splitlines()[2:]
    pairs = [line.split(maxsplit=1) for line in table]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize(
    "name, count",
    [
        ("ZeroshotCLIP", 0),
        ("CoOp", 4 * 512),
        ("RAda", 6 * (512 * 512 + 512)),
        ("RAdaCoOp", 4 * 512 + 1_575_936),
        ("MaPLe", 9 * 2 * 512 + 9 * (512 * 768 + 768)),
        ("LinearProbe", 50 * 513),
    ],
)
def test_counts_on_vit_b16(name, count, vit):
    assert learned_parameters(assemble(trainers_registry.registered()[name], vit, 50)) == count


def test_every_trainer_has_one_row(capsys):
    assert cli(["--list", "--backbone", "TinyCLIP", "--classes", "3"]) == 0
    listed = rows(capsys.readouterr().out)
    assert listed.keys() == trainers_registry.registered().keys()
    assert re.match(r"256 +1\.0 kB +Learns context vectors", listed["CoOp"])
    assert re.match(r"99,072 +396\.3 kB +Learns the mask alone", listed["RAda"])


def test_a_baseline_stands_before_its_rada_version(capsys):
    cli(["--list", "--backbone", "TinyCLIP", "--classes", "2"])
    names = list(rows(capsys.readouterr().out))
    assert names[:2] == ["ZeroshotCLIP", "RAda"]
    assert names[names.index("CoOp") + 1] == "RAdaCoOp"
    assert names[names.index("MaPLe") + 1] == "RAdaMaPLe"


def test_on_a_resnet_trainers_of_vit_blocks_say_so(capsys):
    assert cli(["--list", "--backbone", "RN50"]) == 0
    listed = rows(capsys.readouterr().out)
    for name in ("MaPLe", "RAdaIVLP", "PromptSRC", "MMA", "DePTMaPLe"):
        assert listed[name].startswith("needs a ViT"), name
    assert listed["CoOp"].startswith("2,048 ")
    assert listed["RAda"].startswith(f"{6 * (1024 * 1024 + 1024):,} ")


def test_builders_print_nothing(capsys):
    cli(["--list", "--backbone", "TinyCLIP", "--classes", "2"])
    assert capsys.readouterr().out.startswith("trainer ")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--backbone", "ViT-B/17"), r'error: unknown backbone "ViT-B/17".*"ViT-B/16".*\n'),
        (("--classes", "0"), r"error: --classes must be 1 or more, got 0\n"),
    ],
)
def test_a_mistake_is_one_line(arguments, message, capsys):
    assert cli(["--list", *arguments]) == 2
    assert re.fullmatch(message, capsys.readouterr().err)


def test_without_list_the_help_is_printed(capsys):
    assert cli([]) == 0
    assert "--backbone" in capsys.readouterr().out
