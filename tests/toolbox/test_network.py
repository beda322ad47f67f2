"""A plain Dassl trainer with backbone and head from the config, and loading what it saved."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dassl.engine import TRAINER_REGISTRY, SimpleTrainer, TrainerX, build_trainer
from dassl.modeling import BACKBONE_REGISTRY, Backbone, build_head
from dassl.utils import load_checkpoint, set_random_seed

from .conftest import Linear


def test_best_model_on_validation_is_deployed(cfg, monkeypatch, capsys):
    results = iter([10.0, 30.0, 20.0, 30.0])
    test = SimpleTrainer.test
    monkeypatch.setattr(
        Linear, "test", lambda self, split=None: next(results) if split else test(self)
    )
    cfg.TEST.FINAL_MODEL = "best_val"
    build_trainer(cfg).train()
    best = load_checkpoint(f"{cfg.OUTPUT_DIR}/first/model-best.pth.tar")
    assert (best["epoch"], best["val_result"]) == (2, 30.0)
    lines = capsys.readouterr().out
    path = f"{cfg.OUTPUT_DIR}/first/model-best.pth.tar"
    assert "Deploy the model with the best val performance\n" in lines
    assert f"Load {path} to first (epoch=2, val_result=30.0)\n" in lines


def test_load_model(cfg, capsys):
    """Also of a last epoch, which has no validation result."""
    cfg.OPTIM.MAX_EPOCH = 1
    trained = build_trainer(cfg)
    trained.train()
    capsys.readouterr()
    loaded = build_trainer(cfg)
    loaded.load_model(cfg.OUTPUT_DIR, epoch=1)
    path = f"{cfg.OUTPUT_DIR}/first/model.pth.tar-1"
    assert f"Load {path} to first (epoch=1, val_result=None)\n" in capsys.readouterr().out
    assert torch.equal(trained.first.weight, loaded.first.weight)
    loaded.load_model("")
    assert capsys.readouterr().out.startswith("Note that load_model() is skipped as no pretrained")
    with pytest.raises(FileNotFoundError, match="No model at .*model-best.pth.tar"):
        loaded.load_model(cfg.OUTPUT_DIR)


class SimpleX(TrainerX):
    """A plain Dassl trainer: everything from the config."""

    def forward_backward(self, batch):
        image, label, _ = self.parse_batch_train(batch)
        loss = F.cross_entropy(self.model(image), label)
        self.model_backward_and_update(loss)
        return {"loss": loss.item()}


class Pool(Backbone):
    """Mean colours of 64 fields."""

    def __init__(self, **kwargs):
        super().__init__()
        self._out_features = 192

    def forward(self, x):
        return F.adaptive_avg_pool2d(x, 8).flatten(1)


@pytest.mark.parametrize("backbone", ["Pool", "resnet18"])
def test_network_from_the_config(backbone, cfg, capsys, monkeypatch):
    monkeypatch.setitem(TRAINER_REGISTRY._obj_map, "SimpleX", SimpleX)
    monkeypatch.setitem(BACKBONE_REGISTRY._obj_map, "Pool", Pool)
    cfg.TRAINER.NAME = "SimpleX"
    cfg.MODEL.BACKBONE.NAME = backbone
    cfg.MODEL.BACKBONE.PRETRAINED = False
    cfg.MODEL.HEAD.NAME = "mlp"
    cfg.MODEL.HEAD.HIDDEN_LAYERS = (16, 8)
    cfg.MODEL.HEAD.DROPOUT = 0.1
    cfg.OPTIM.MAX_EPOCH = 1
    set_random_seed(1)
    trainer = build_trainer(cfg)
    lines = capsys.readouterr().out
    assert f"Building model\nBackbone: {backbone}\nHead: mlp\n# params: " in lines
    before = trainer.model.classifier.weight.clone()
    trainer.train()
    assert not torch.equal(before, trainer.model.classifier.weight)
    logits, features = trainer.model(torch.zeros(2, 3, 32, 32), return_feature=True)
    assert (logits.shape, features.shape, trainer.model.fdim) == ((2, 3), (2, 8), 8)
    cfg.MODEL.INIT_WEIGHTS = f"{cfg.OUTPUT_DIR}/model/model.pth.tar-1"
    again = build_trainer(cfg)
    assert torch.equal(again.model.classifier.weight, trainer.model.classifier.weight)


def test_head_mistakes_are_named():
    with pytest.raises(ValueError, match="at least one layer"):
        build_head("mlp", in_features=4)
    with pytest.raises(ValueError, match="activation is one of"):
        build_head("mlp", in_features=4, hidden_layers=3, activation="gelu")
    with pytest.raises(ValueError, match="do you mean"):
        build_head("mlpp")


def test_head_without_normalisation(capsys):
    head = build_head("mlp", in_features=4, hidden_layers=3, activation="leaky_relu", bn=False)
    assert capsys.readouterr().out == "Head: mlp\n"
    assert [type(layer) for layer in head.mlp] == [nn.Linear, nn.LeakyReLU]
    assert head(torch.zeros(2, 4)).shape == (2, head.out_features)
