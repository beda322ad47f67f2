"""When the fused kernel is taken: where it can be compiled, for what it takes."""

import pytest
import torch

from rada.head import fused_attention
from tests.models.test_fused import dense


@pytest.mark.parametrize(
    "problems, width, dtype, device",
    [
        (8, 64, torch.bfloat16, "cpu"),
        (8, 8, torch.bfloat16, "cuda"),
        (1 << 16, 64, torch.bfloat16, "cuda"),
        (8, 64, torch.float32, "cuda"),
    ],
)
def test_not_on_a_cpu_nor_for_what_no_kernel_takes(problems, width, dtype, device):
    assert not fused_attention.suits(problems, width, dtype, torch.device(device))


@pytest.fixture
def trial(monkeypatch):
    """The trial of the kernel, on a CPU, of an attention that it returns."""
    ones = torch.ones

    def of(attention):
        monkeypatch.setattr(fused_attention, "flex", attention)
        monkeypatch.setattr(torch, "ones", lambda *shape, device, **o: ones(*shape, **o))
        return fused_attention.works(64, torch.float32)

    fused_attention.works.cache_clear()
    yield of
    fused_attention.works.cache_clear()


def test_a_kernel_that_cannot_be_compiled_is_told_of_once(trial, caplog):
    def broken(*_):
        raise RuntimeError("no compiler\nand more")

    assert not trial(broken) and not trial(broken)
    assert [record.getMessage() for record in caplog.records] == [
        "FlexAttention cannot be compiled here (no compiler); attention is tiled"
    ]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_kernel_is_tried_with_gradients_whoever_asks_first(mode, trial):
    with mode():
        assert trial(dense)
