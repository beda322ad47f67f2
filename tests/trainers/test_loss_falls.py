"""Every trainer learns: its loss falls in the embedded world, in its own setting."""

import pytest
import torch

import train
from rada.trainers.fine_tuning import FineTuning
from tests.trainers.test_every_trainer import BUILD, LEARN, OURS, WITH_MASK


@pytest.fixture(scope="module")
def world_root(tmp_path_factory):
    """Where the embedded set is rendered once."""
    return tmp_path_factory.mktemp("world")


def loss_in_the_world(name: str, root, output, *arguments: str) -> float:
    """The trainer's own loss on all training pictures of an embedded set, in its own setting."""
    options = [
        "DATASET.NUM_SHOTS",
        "16",
        "DATASET.SUBSAMPLE_CLASSES",
        "base",
        "OPTIM.MAX_EPOCH",
        "1",
    ]
    # no warm-up: the first epoch is to learn
    options += [] if name == "RAda" else ["OPTIM.WARMUP_EPOCH", "-1"]
    options += ["TRAINER.RADA.OPTIM.WARMUP_EPOCH", "-1"] if name in WITH_MASK else []
    if issubclass(OURS[name], FineTuning):  # a rate for hundreds of steps; here there are six
        options += ["OPTIM.LR", "0.0001", "DATALOADER.TRAIN_X.BATCH_SIZE", "32"]
    words = ["--root", root, "--output-dir", output, "--seed", "1", "--trainer", name, *arguments]
    words += ["--dataset-config-file", "configs/datasets/tints.yaml"]
    words += ["--config-file", f"configs/trainers/{name}/world.yaml"]
    trainer = train.main([*map(str, words), *options])
    items = trainer.dm.dataset.train_x
    dataset = type(trainer.dm.test_loader.dataset)(trainer.cfg, items, trainer.dm.tfm_test)
    images = torch.stack([dataset[i]["img"] for i in range(len(items))])
    labels = torch.tensor([item.label for item in items])
    with torch.no_grad():
        return trainer.criterion(trainer.model(images), images, labels).item()


@pytest.mark.parametrize("name", sorted(LEARN))
def test_one_epoch_in_the_embedded_world_lowers_the_loss(name, world_root, tmp_path):
    before = loss_in_the_world(name, world_root, tmp_path / "a", *BUILD)
    after = loss_in_the_world(name, world_root, tmp_path / "b")
    assert after < before - 0.001
