"""WiSE-FT: weights between the start of a training and its end (arXiv 2109.01903)."""

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from rada.engine import processes
from rada.engine.checkpoints import read_checkpoint
from rada.files import replacing

# coefficients of TEST.WISE_FT: 0 is the start, 1 what was learned; none: what was learned, only
MIXED = {"WISE_FT": ()}
START = "start.pth.tar"

State = dict[str, Tensor]


class MixedWeights:
    """Mixin of `CLIPTrainer`: a test with TEST.WISE_FT tests a mixture for each coefficient.

    A training by steps keeps what it starts from and cannot make again: all that is learned but the
    pre-trained encoders.
    """

    ends: dict[str, tuple[State, State]] | None = None  # of each module, once it is loaded

    def before_train(self) -> None:
        """As the toolbox's; a run that begins keeps its start."""
        if self.cfg.TEST.WISE_FT:
            raise ValueError("TEST.WISE_FT mixes what was learned before; give it with --eval-only")
        super().before_train()
        begins = self.start_epoch == self.batches_done == 0
        if self.by_steps and begins and not processes.rank():
            for name, module in self.made_anew().items():
                path = Path(self.output_dir, name, START)
                path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(path) as file:
                    state = {"state_dict": module.state_dict(), "record": self.record()}
                    torch.save(state, file)

    def made_anew(self) -> dict[str, nn.Module]:
        """The learned modules that are no part of the pre-trained backbone."""
        known = {id(module) for module in self.model.encoder.backbone.modules()}
        return {n: module for n, module in self.loaded().items() if id(module) not in known}

    def load_model(self, directory: str, epoch: int | None = None) -> None:
        """As always; with TEST.WISE_FT also the start.

        Raises:
            FileNotFoundError: if the training kept no start.
        """
        if not self.cfg.TEST.WISE_FT:
            return super().load_model(directory, epoch)
        if not directory:
            raise ValueError("TEST.WISE_FT mixes a trained model; give its folder: --model-dir")
        for name, module in self.made_anew().items():
            path = os.path.join(directory, name, START)
            if not os.path.exists(path):
                raise FileNotFoundError(
                    f"TEST.WISE_FT needs {path}, which a training with TRAIN.LOOP steps leaves; "
                    "train again"
                )
            module.load_state_dict(read_checkpoint(path)["state_dict"])
        start = {name: floats(module) for name, module in self.loaded().items()}
        super().load_model(directory, epoch)
        self.ends = {n: (start[n], floats(module)) for n, module in self.loaded().items()}

    def mix(self, coefficient: float) -> None:
        """Let every learned tensor be (1 - a) times its start plus a times what was learned."""
        for name, (start, end) in self.ends.items():
            for key, tensor in self.loaded()[name].state_dict().items():
                if key in start:
                    tensor.copy_((1 - coefficient) * start[key] + coefficient * end[key])

    @torch.no_grad()
    def test(self, split: str | None = None) -> float:
        """As always; with TEST.WISE_FT once for each coefficient.

        The results of coefficient a are called `accuracy_at_a` and so on; those without a
        coefficient in their name are the last one's.
        """
        if self.ends is None:
            return super().test(split)
        for coefficient in self.cfg.TEST.WISE_FT:
            print(f"WiSE-FT: {coefficient:g} of what was learned")
            self.mix(coefficient)
            accuracy = super().test(split)
            for key in [key for key in self.metrics if "_at_" not in key]:
                self.metrics[f"{key}_at_{coefficient:g}"] = self.metrics[key]
        return accuracy


def floats(module: nn.Module) -> State:
    """Copies of a module's tensors of floating point."""
    state = module.state_dict()
    return {
        key: value.clone()
        for key, value in state.items()
        if isinstance(value, Tensor) and value.is_floating_point()
    }


def require_coefficients(coefficients: tuple) -> None:
    """Raise ValueError unless these are numbers from 0 to 1."""
    for number in coefficients:
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
            raise ValueError(f"TEST.WISE_FT is a list of numbers from 0 to 1, got {number!r} in it")
