"""What the files of configs/ amount to, and that they hold only what differs."""

import json
from pathlib import Path

import pytest
import torch
import yaml

from dassl.config import get_cfg_default
from rada import config_files
from rada.engine.checkpoints import flatten
from rada.engine.command import parse_args
from rada.engine.config import setup_cfg
from rada.engine.registry import registered
from rada.settings.table import dotted
from tests.tinyclip import draw_state_dict

OURS = registered()
# each trainer's config, as far as it differs from the defaults, when every file held all of it
RESOLVED = json.loads(Path("tests/golden/resolved_configs.json").read_text())
FILES = sorted(Path("configs/trainers").glob("*/*.yaml"))


def resolved(trainer: str, path: str, *more: str) -> dict[str, str]:
    """The config of a run on Caltech101, by dotted key."""
    dataset = "--dataset-config-file", "configs/datasets/caltech101.yaml"
    args = ["--trainer", trainer, "--config-file", path, *dataset, *more]
    return flatten(setup_cfg(parse_args(args)))


def defaults(trainer: str) -> dict[str, str]:
    """What a trainer starts from."""
    cfg = get_cfg_default()
    OURS[trainer].extend_cfg(cfg)
    return flatten(cfg)


@pytest.mark.parametrize("name", RESOLVED)
def test_every_config_says_what_it_said_in_full(name):
    """Key by key; of a RAda version its own file may be gone."""
    trainer, stem = name.split("/")
    usual = defaults(trainer)
    found = resolved(trainer, f"configs/trainers/{name}.yaml")
    assert found.pop("DATASET.SHOTS_AT_TEST") == "False"  # a later key
    assert {k: v for k, v in found.items() if usual.get(k) != v} == RESOLVED[name]
    assert stem in config_files.trainer_stems(trainer)


def test_no_config_is_left_out():
    assert {f"{file.parent.name}/{file.stem}" for file in FILES} <= RESOLVED.keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_file_holds_only_what_differs(file, tmp_path):
    """From the defaults, the backbone and, of a RAda version, the baseline's file."""
    keys = {key for key, _ in dotted(yaml.safe_load(file.read_text()))}
    empty = tmp_path / "trainers" / file.parent.name / file.name
    empty.parent.mkdir(parents=True)
    empty.write_text("")
    lower = config_files.layers(str(file))[:-1]
    for path in lower:
        below = empty.parents[1] / Path(path).parent.name / file.name
        below.parent.mkdir()
        below.write_text(Path(path).read_text())
    backbone = yaml.safe_load(file.read_text()).get("MODEL", {}).get("BACKBONE", {}).get("NAME")
    follows = ("--backbone", backbone) if backbone else ()
    without = resolved(file.parent.name, str(empty), *follows)
    if backbone:
        without["MODEL.BACKBONE.NAME"] = "ViT-B/16"
    whole = resolved(file.parent.name, str(file))
    assert not {key for key in keys if whole[key] == without[key]}


def test_pictures_are_as_the_backbone_saw_them(tmp_path):
    """Its side, mean, std and interpolation, unless a file or an option says otherwise."""
    torch.save(draw_state_dict(), tmp_path / "tiny.pt")
    path = "configs/trainers/CoOp/vit_b16_ctxv1.yaml"
    sides = {"RN50x4": 288, "ViT-L/14@336px": 336, str(tmp_path / "tiny.pt"): 32}
    for backbone, side in sides.items():
        found = resolved("CoOp", path, "--backbone", backbone)
        assert found["INPUT.SIZE"] == f"({side}, {side})"
        assert found["INPUT.PIXEL_MEAN"].startswith("[0.4814") and "bicubic" in found.values()
    asked = resolved("CoOp", path, "INPUT.SIZE", "(64, 64)", "INPUT.INTERPOLATION", "bilinear")
    assert (asked["INPUT.SIZE"], asked["INPUT.INTERPOLATION"]) == ("(64, 64)", "bilinear")
    (tmp_path / "x.yaml").write_text("INPUT:\n  SIZE: (96, 96)\n")
    assert resolved("CoOp", str(tmp_path / "x.yaml"))["INPUT.SIZE"] == "(96, 96)"
