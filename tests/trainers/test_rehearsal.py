"""REHEARSE=1: the whole way on stand-in pictures, marked everywhere, apart from real runs."""

import json
import shutil
import sys
from pathlib import Path

import pytest

import train
from datasets.rehearsal import STAMP, build_tree
from results.names import REHEARSAL
from trainers import rehearsal
from trainers.config import setup_cfg

CTXV1 = "vit_b16_ctxv1"


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """Where stand-in pictures are made once for all tests here."""
    return tmp_path_factory.mktemp("rehearsal")


@pytest.fixture
def rehearse(scratch, monkeypatch):
    """Set the environment of a rehearsal with few pictures."""
    monkeypatch.setenv("REHEARSE", "1")
    monkeypatch.setenv("REHEARSE_ROOT", str(scratch))
    monkeypatch.setattr(rehearsal, "PICTURES", 3)
    monkeypatch.setattr(rehearsal, "WORKERS", 0)


def command(output, *opts, trainer="RAdaCoOp", dataset="eurosat", arguments=(), config=CTXV1):
    """Arguments of train.py for a real run, as a script gives them."""
    return [
        *("--root", "nowhere", "--output-dir", str(output), "--seed", "1", "--trainer", trainer),
        *("--dataset-config-file", f"configs/datasets/{dataset}.yaml"),
        *("--config-file", f"configs/trainers/{trainer}/{config}.yaml", *arguments),
        *("DATASET.NUM_SHOTS", "2", "DATASET.SUBSAMPLE_CLASSES", "base", *opts),
    ]


def test_base_then_new_with_the_real_config(rehearse, scratch, tmp_path, capsys):
    trained = train.main(command(tmp_path / "base"))
    assert (trained.epoch, trained.max_epoch) == (1, 2)
    assert trained.dm.dataset.classnames[0] == "Annual Crop Land"
    assert trained.dm.dataset.train_x[0].impath.startswith(f"{scratch}/eurosat/2750/AnnualCrop/")
    sys.stdout.close()  # the log ends
    for text in ((tmp_path / "base" / "log.txt").read_text(), capsys.readouterr().out):
        start, end = text.index(REHEARSAL), text.rindex(REHEARSAL)
        assert start < text.index("** Arguments **") and end > text.rindex("* accuracy: ")
        assert "REHEARSAL: eurosat with all 10 classes" in text
        assert "REHEARSAL: MODEL.BACKBONE.NAME ViT-B/16 -> TinyCLIP" in text
        assert "REHEARSAL: OPTIM.MAX_EPOCH 50 -> 2" in text
    load = ("--model-dir", str(tmp_path / "base"), "--eval-only")
    train.main(command(tmp_path / "new", "DATASET.SUBSAMPLE_CLASSES", "new", arguments=load))
    for folder in ("base", "new"):
        results = json.loads((tmp_path / folder / "results.json").read_text())
        assert results["rehearsal"] is True and results["backbone"] == "TinyCLIP"


def config_of(*arguments, **options):
    return setup_cfg(train.parse_args(command("unused", *arguments, **options)))


def test_settings_that_are_exchanged(rehearse):
    cfg = config_of(
        *("OPTIM.WARMUP_EPOCH", "5", "TRAINER.RADA.OPTIM.WARMUP_EPOCH", "3"),
        *("TRAINER.COOP.PREC", "fp16", "USE_CUDA", "False", "DATALOADER.TEST.BATCH_SIZE", "7"),
    )
    assert cfg.INPUT.SIZE == (32, 32) and cfg.DATALOADER.NUM_WORKERS == 0
    assert (cfg.OPTIM.MAX_EPOCH, cfg.OPTIM.WARMUP_EPOCH) == (2, 1)
    assert cfg.TRAINER.RADA.OPTIM.WARMUP_EPOCH == 1 and cfg.TRAINER.COOP.PREC == "fp32"
    assert cfg.DATALOADER.TEST.BATCH_SIZE == 7 and cfg.OPTIM.LR == 0.002
    assert "REHEARSAL: TRAINER.RADA.OPTIM.WARMUP_EPOCH 3 -> 1" in cfg.REHEARSAL


def test_shorter_settings_stay(rehearse):
    cfg = config_of("OPTIM.MAX_EPOCH", "1", "OPTIM.WARMUP_EPOCH", "-1")
    assert (cfg.OPTIM.MAX_EPOCH, cfg.OPTIM.WARMUP_EPOCH) == (1, -1)


def test_more_shots_get_more_pictures_elsewhere(rehearse, scratch):
    cfg = config_of("DATASET.NUM_SHOTS", "5")
    root = Path(cfg.DATASET.ROOT)
    assert root == scratch / "5_a_class"
    rows = json.loads((root / "eurosat/split_zhou_EuroSAT.json").read_text())
    assert len(rows["train"]) == 5 * 10


def test_embedded_sets_keep_their_pictures(rehearse):
    cfg = config_of(trainer="ZeroshotCLIP", dataset="blueprints", config="world")
    assert cfg.DATASET.ROOT == "nowhere"
    assert cfg.REHEARSAL[:2] == [REHEARSAL, "REHEARSAL: blueprints draws its own pictures"]


def test_without_it_nothing_changes(tmp_path, monkeypatch):
    for value in ("0", ""):
        monkeypatch.setenv("REHEARSE", value)
        cfg = config_of()
        assert "REHEARSAL" not in cfg and cfg.OPTIM.MAX_EPOCH == 50


def error_of(arguments, capsys) -> str:
    """The one line of a command that fails."""
    assert train.cli(arguments) == 2
    (line,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    return line


def test_other_values_and_own_data_are_refused(rehearse, monkeypatch, tmp_path, capsys):
    error = error_of(command(tmp_path, dataset="custom"), capsys)
    assert "no stand-in pictures for Custom; unset REHEARSE" in error
    monkeypatch.setenv("REHEARSE", "yes")
    assert 'REHEARSE is 1, or 0 for a real run; got "yes"' in error_of(command(tmp_path), capsys)


def test_a_real_run_does_not_read_stand_ins(tmp_path, capsys):
    build_tree("eurosat", tmp_path, 2, 1, 1, most_classes=2, size=8)
    error = error_of(command(tmp_path / "out", "DATASET.ROOT", str(tmp_path)), capsys)
    assert f"{tmp_path}/eurosat holds stand-in pictures, not the dataset" in error


@pytest.fixture
def rehearsed(rehearse, tmp_path, monkeypatch):
    """The output folder of a rehearsal; the environment is that of a real run again."""
    train.main(command(tmp_path / "out", "OPTIM.MAX_EPOCH", "1"))
    monkeypatch.delenv("REHEARSE")
    return tmp_path / "out"


def test_a_real_run_uses_nothing_of_a_rehearsal(rehearsed, scratch, tmp_path, capsys):
    real = shutil.copytree(scratch / "eurosat", tmp_path / "data" / "eurosat")
    (real / STAMP).unlink()  # as good as real
    same = ("OPTIM.MAX_EPOCH", "1", "DATASET.ROOT", str(tmp_path / "data"))
    same += ("DATALOADER.NUM_WORKERS", "0", "INPUT.SIZE", "(32,32)")
    tiny = (*same, "MODEL.BACKBONE.NAME", "TinyCLIP")
    backbone = tmp_path / "clip.pt"
    shutil.copy("world/tinyclip.pt", backbone)
    other = (*same, "MODEL.BACKBONE.NAME", str(backbone))

    def load(*opts):
        test = ("--model-dir", str(rehearsed), "--eval-only")
        return error_of(command(tmp_path / "other", *opts, arguments=test), capsys)

    assert "trained with MODEL.BACKBONE.NAME = TinyCLIP, this run has clip.pt; use" in load(*other)
    assert "trained with rehearsal = yes, this run has nothing; use" in load(*tiny)
    error = error_of(command(rehearsed, *tiny), capsys)
    assert f"{rehearsed}/results.json is of a rehearsal; choose another --output-dir" in error
    (rehearsed / "results.json").unlink()  # a rehearsal that was stopped
    assert "rehearsal = yes, this run has nothing; use" in error_of(
        command(rehearsed, *tiny), capsys
    )


def test_a_rehearsal_leaves_real_results_alone(rehearse, tmp_path, capsys):
    (tmp_path / "results.json").write_text('{"metrics": {"accuracy": 70}, "rehearsal": false}')
    error = error_of(command(tmp_path), capsys)
    assert "results.json is of a real run; choose another --output-dir" in error
