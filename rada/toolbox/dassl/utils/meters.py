"""Running values of what training logs."""

from collections import defaultdict

import torch


class AverageMeter:
    """The latest value and the average so far.

    Args:
        ema: average exponentially, a tenth of each new value, starting at zero.
    """

    def __init__(self, ema: bool = False):
        self.ema = ema
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.val = self.avg = self.sum = self.count = 0

    def update(self, val: float | torch.Tensor, n: int = 1) -> None:
        """Add a value that stands for n items."""
        self.val = val.item() if isinstance(val, torch.Tensor) else val
        self.sum += self.val * n
        self.count += n
        self.avg = 0.9 * self.avg + 0.1 * self.val if self.ema else self.sum / self.count


class MetricMeter:
    """One AverageMeter per name; as a string "loss 1.0000 (1.7500) acc 25.0000 (37.5000)"."""

    def __init__(self, delimiter: str = " "):
        self.meters: dict[str, AverageMeter] = defaultdict(AverageMeter)
        self.delimiter = delimiter

    def update(self, input_dict: dict | None) -> None:
        """Add a value per name; None adds nothing.

        Raises:
            TypeError: if it is not a dictionary.
        """
        if input_dict is None:
            return
        if not isinstance(input_dict, dict):
            raise TypeError("Input to MetricMeter.update() must be a dictionary")
        for name, value in input_dict.items():
            self.meters[name].update(value)

    def __str__(self) -> str:
        return self.delimiter.join(f"{k} {m.val:.4f} ({m.avg:.4f})" for k, m in self.meters.items())
