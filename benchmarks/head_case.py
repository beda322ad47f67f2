"""One case of benchmarks/head.py: a step of one head, and its peak memory in a fresh process.

`python -m benchmarks.head_case linear train 100 32 2` prints the MB a step adds.
"""

import copy
import sys
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F

from benchmarks.dense import DenseHead
from benchmarks.fresh import fresh
from benchmarks.peaks import resident_peak_bytes
from rada.head.rational import FORMS, RAdaHead
from rada.head.workspace import forget

DIM, HEADS, SCALE = 512, 8, 100.0


class Case(NamedTuple):
    """Sizes of a step; mode is "train" (forward, cross-entropy, backward) or "test"."""

    mode: str
    num_classes: int
    num_images: int
    device: str = "cpu"
    precision: str = "fp32"  # of the head, on a GPU; not of the dense one

    def steps(self) -> dict[str, Callable[[], None]]:
        """One step of the head in each form and of the "dense" one, with the same weights."""
        torch.manual_seed(0)
        auto = RAdaHead(DIM, HEADS, alpha=1.0, precision=self.precision).to(self.device)
        torch.nn.init.normal_(auto.mask.out.weight, std=0.1 * DIM**-0.5)
        image = F.normalize(torch.randn(self.num_images, DIM), dim=-1).to(self.device)
        text = F.normalize(torch.randn(self.num_classes, DIM), dim=-1).to(self.device)
        label = torch.randint(self.num_classes, (self.num_images,), device=self.device)
        heads = {form: copy.copy(auto) for form in FORMS}  # the same weights
        for form, head in heads.items():
            head.form = form
        heads["dense"] = DenseHead(auto.mask, alpha=1.0)

        def step(head: torch.nn.Module) -> None:
            auto.zero_grad(set_to_none=True)
            with torch.set_grad_enabled(self.mode == "train"):
                logits, penalty = head(image, text, SCALE)
            if self.mode == "train":
                (F.cross_entropy(logits, label) + penalty).backward()
            if self.device != "cpu":
                torch.cuda.synchronize()

        return {name: lambda head=head: step(head) for name, head in heads.items()}

    def needed_bytes(self, kind: str) -> int:
        """About what the "plain" or "dense" head needs: counts that fit measured peaks."""
        maps = self.num_images * HEADS * self.num_classes**2
        rows = self.num_images * self.num_classes * DIM
        if kind == "plain":
            return 4 * (5 * maps + 14 * rows if self.mode == "train" else 3 * maps + 7 * rows)
        return 4 * (7 * maps + 24 * rows if self.mode == "train" else 5 * maps + 8 * rows)

    def peak_bytes(self, kind: str, threads: int) -> int:
        """Peak memory one step adds: on a CPU measured in a fresh process."""
        if self.device != "cpu":
            return cuda_peak_bytes(self.steps()[kind])
        return int(fresh("head_case", kind, *self[:3], threads))


def cuda_peak_bytes(step: Callable[[], None]) -> int:
    """Peak of allocated device memory during a step, above what was allocated before.

    The memory that the head uses again from step to step is counted.
    """
    step()
    forget()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    step()
    return torch.cuda.max_memory_allocated() - before


def main(kind: str, mode: str, num_classes: str, num_images: str, threads: str) -> None:
    """Print the bytes a step adds to the peak of a process that has done a tiny step before."""
    torch.set_num_threads(int(threads))
    Case(mode, 2, 2).steps()[kind]()
    step = Case(mode, int(num_classes), int(num_images)).steps()[kind]
    before = resident_peak_bytes()
    step()
    print(resident_peak_bytes() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
