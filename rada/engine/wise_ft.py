"""WiSE-FT: weights between the start of a training and its end (arXiv 2109.01903).

A training by steps keeps what it starts from and cannot make again: all that is learned but the
pre-trained encoders.
"""

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from rada.engine import checkpoint_content as content
from rada.engine.checkpoints import require_same
from rada.files import replacing

START = "start.pth.tar"

State = dict[str, Tensor]


def save_start(trainer) -> None:
    """Keep, in the trainer's output folder, what its training starts from."""
    for name, module in made_anew(trainer).items():
        path = Path(trainer.output_dir, name, START)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            state = {"state_dict": module.state_dict(), "record": trainer.checkpoints.metadata()}
            torch.save(state, file)


def made_anew(trainer) -> dict[str, nn.Module]:
    """The learned modules of a trainer that are no part of the pre-trained backbone."""
    known = {id(module) for module in trainer.model.encoder.backbone.modules()}
    return {n: module for n, module in trainer.loaded().items() if id(module) not in known}


class Mixtures:
    """Both ends of a training: `mix` puts a trainer's learned tensors anywhere between them.

    Args:
        trainer: as built; afterwards it holds what was learned.
        directory: output folder of the training.
        epoch: as for `load_model`.

    Raises:
        ValueError: if no folder is given.
        FileNotFoundError: if the training kept no start.
    """

    def __init__(self, trainer, directory: str, epoch: int | None = None):
        if not directory:
            raise ValueError("TEST.WISE_FT mixes a trained model; give its folder: --model-dir")
        for name, module in made_anew(trainer).items():
            path = os.path.join(directory, name, START)
            if not os.path.exists(path):
                raise FileNotFoundError(
                    f"TEST.WISE_FT needs {path}, which a training with TRAIN.LOOP steps leaves; "
                    "train again"
                )
            kept = content.read_checkpoint(path, content.START)
            require_same(kept["record"]["model"], trainer.checkpoints.metadata()["model"], path)
            content.load_tensors(module, kept["state_dict"], path)
        self.modules = trainer.loaded()
        self.start = {name: floats(module) for name, module in self.modules.items()}
        trainer.load_model(directory, epoch)
        self.end = {name: floats(module) for name, module in self.modules.items()}

    @torch.no_grad()
    def mix(self, coefficient: float) -> None:
        """Let every learned tensor be (1 - a) times its start plus a times what was learned."""
        for name, module in self.modules.items():
            start, end = self.start[name], self.end[name]
            for key, tensor in module.state_dict().items():
                if key in start:
                    tensor.copy_((1 - coefficient) * start[key] + coefficient * end[key])


def evaluate_mixtures(trainer, directory: str, epoch: int | None = None) -> list[dict[str, float]]:
    """Test the mixture of each coefficient of TEST.WISE_FT.

    Args:
        trainer: as built.
        directory: output folder of the training.
        epoch: as for `load_model`.

    Returns:
        For each, `coefficient` and the metrics of its test, percent.

    Raises:
        ValueError, FileNotFoundError: as `Mixtures`.
    """
    mixtures, found = Mixtures(trainer, directory, epoch), []
    for coefficient in trainer.cfg.TEST.WISE_FT:
        print(f"WiSE-FT: {coefficient:g} of what was learned")
        mixtures.mix(coefficient)
        trainer.test()
        found.append({"coefficient": float(coefficient), **trainer.test_metrics()})
    return found


def floats(module: nn.Module) -> State:
    """Copies of a module's tensors of floating point."""
    state = module.state_dict()
    return {
        key: value.clone()
        for key, value in state.items()
        if isinstance(value, Tensor) and value.is_floating_point()
    }
