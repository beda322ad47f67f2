"""A batch in pieces has the gradient of the batch as a whole, for every trainer that allows it."""

import pytest
import torch

from rada.engine import registry as trainers_registry
from tests.float64 import CLOSE

pytestmark = pytest.mark.numerical

OURS = trainers_registry.registered()
NAMES = [
    name
    for name, cls in OURS.items()
    if cls.batch_divides and not cls.adaptation and name != "ZeroshotCLIP"
]


def gradients(trainer, pieces: int) -> tuple[float, dict[str, torch.Tensor]]:
    """Loss and gradients of the first batch of training pictures."""
    trainer.cfg.defrost()
    trainer.cfg.TRAIN.ACCUMULATE = pieces
    trainer.model.zero_grad()
    torch.manual_seed(0)  # of what a step draws
    batch = next(iter(trainer.train_loader_x))
    loss, _ = trainer.backward_batch(batch, *trainer.parse_batch_train(batch))
    named = trainer.model.named_parameters()
    return loss, {name: p.grad.clone() for name, p in named if p.grad is not None}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", NAMES)
def test_pieces_add_up(name, run_train, tmp_path):
    options = ("TRAIN.LOOP", "steps", "DATALOADER.TRAIN_X.BATCH_SIZE", "8")
    options += (f"TRAINER.{OURS[name].section}.PREC", "fp32")
    trainer = run_train(name, tmp_path, *options, arguments=("--no-train",))
    torch.manual_seed(0)
    for module in trainer._models.values():  # off the zero start, where most gradients vanish
        for parameter in module.parameters():
            parameter.data += 0.01 * torch.randn_like(parameter)
    loss, whole = gradients(trainer, 1)
    loss_of_pieces, pieces = gradients(trainer, 3)
    assert loss_of_pieces == pytest.approx(loss, rel=1e-9)
    assert whole.keys() == pieces.keys()
    for key, gradient in whole.items():
        torch.testing.assert_close(pieces[key], gradient, **CLOSE)
