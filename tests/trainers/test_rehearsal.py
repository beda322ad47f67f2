"""REHEARSE=1: the whole way on stand-in pictures, marked everywhere, apart from real runs."""

import json
import sys
from pathlib import Path

import train
from rada.rehearsal import REHEARSAL
from tests.rehearsal import command, config_of


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
