"""A training by steps goes on from its own checkpoint only."""

import shutil
from pathlib import Path

import pytest
import torch

from tests.trainers.runs import STEPS


@pytest.mark.parametrize(
    "trainer, options, classes, words",
    [
        ("L2SP", (), "base", "trained with TRAINER."),
        ("FT", ("OPTIM.LR", "0.5"), "base", "trained with OPTIM.LR = 3e-05, this run has 0.5"),
        ("FT", ("TRAIN.CLIP_NORM", "9.0"), "base", "trained with TRAIN.CLIP_NORM = 1.0"),
        ("FT", (), "new", "trained with DATASET.SUBSAMPLE_CLASSES = base"),
        ("FT", ("MODEL.BACKBONE.NAME", "{other}"), "base", "trained with MODEL.BACKBONE.NAME = "),
    ],
)
def test_another_run_is_refused(
    trainer, options, classes, words, stopped, run_train, tiny_clip, tmp_path
):
    other = shutil.copy(tiny_clip, tmp_path / "other.pt")
    options = [option.format(other=other) for option in options]
    with pytest.raises(ValueError, match=words) as error:
        run_train(trainer, stopped, *STEPS, *options, classes=classes)
    assert "running.pth.tar" in str(error.value)


def test_other_pictures_are_refused(stopped, run_train, caltech_root):
    """A training picture that was exchanged since."""
    record = torch.load(stopped / "running.pth.tar", weights_only=True)["record"]["run"]
    assert record["training pictures"].startswith("16 of digest ")
    trainer = run_train("FT", stopped / "b", *STEPS, arguments=("--no-train",))
    path = Path(trainer.dm.dataset.train_x[0].impath)
    content = path.read_bytes()
    try:
        path.write_bytes(content + b"0")
        with pytest.raises(ValueError, match="trained with training pictures = 16 of digest"):
            run_train("FT", stopped, *STEPS)
    finally:
        path.write_bytes(content)


def test_the_folder_of_another_finished_run_is_refused(run_train, tmp_path):
    """Its best checkpoint would be taken for this run's."""
    run_train("FT", tmp_path, *STEPS)
    with pytest.raises(ValueError, match="trained with OPTIM.MAX_EPOCH = 2, this run has 3"):
        run_train("FT", tmp_path, *STEPS, "OPTIM.MAX_EPOCH", "3")
    with pytest.raises(ValueError, match="was trained with"):
        run_train("FLYP", tmp_path, *STEPS)


def test_it_goes_on_in_its_own_folder(stopped, run_train, tmp_path):
    with pytest.raises(ValueError, match="goes on in its own folder; give --output-dir"):
        run_train("FT", tmp_path / "b", *STEPS, arguments=("--resume", str(stopped)))
