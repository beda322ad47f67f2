"""Memory that is used again: never while somebody still needs it."""

import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from rada.head import masked_logits, workspace
from rada.head.workspace import Workspace, forget
from tests.rada import features, random_head

SCALE = 20.0


def gradients(logits, head):
    """Of a function of the logits that differs for each of them."""
    weights = torch.arange(logits.numel(), dtype=logits.dtype).view_as(logits).cos()
    return torch.autograd.grad((weights * logits).sum(), list(head.parameters()))


def test_a_name_has_its_memory_again():
    memory, like = Workspace(), torch.empty(0)
    first = memory.take("a", like, 2, 3)
    assert memory.take("a", like, 3).data_ptr() == first.data_ptr()
    assert memory.take("b", like, 3).data_ptr() != first.data_ptr()
    assert memory.numbered(0)("a", like, 3).data_ptr() != first.data_ptr()
    assert memory.take("a", like.double(), 3).dtype == torch.float64
    assert memory.take("a", like, 4, 5).shape == (4, 5)


@pytest.mark.parametrize("keep_bytes", [0, 1 << 20], ids=["again", "keep"])
def test_two_graphs_at_once_do_not_disturb_each_other(keep_bytes, monkeypatch):
    monkeypatch.setattr(masked_logits, "SPARING_BYTES", keep_bytes)
    head = random_head(form="linear")
    pairs = [(features(4, 16, seed=i), features(5, 16, seed=9 + i)) for i in range(3)]
    alone = [gradients(head(*pair, SCALE)[0], head) for pair in pairs]
    logits = [head(*pair, SCALE)[0] for pair in pairs]
    with torch.no_grad():
        head(features(9, 16), features(7, 16), SCALE)
    for i in (1, 0, 2):
        for value, expected in zip(gradients(logits[i], head), alone[i], strict=True):
            assert torch.equal(value, expected)


def test_a_second_backward_pass_finds_the_same():
    head = random_head()
    logits, _ = head(features(4, 16), features(5, 16, seed=1), SCALE)
    first = torch.autograd.grad(logits.sum(), list(head.parameters()), retain_graph=True)
    head(features(4, 16, seed=2), features(5, 16, seed=3), SCALE)[0].sum().backward()
    second = torch.autograd.grad(logits.sum(), list(head.parameters()))
    for value, expected in zip(second, first, strict=True):
        assert torch.equal(value, expected)


def test_forgotten_memory_is_made_anew():
    head, pair = random_head(), (features(4, 16), features(5, 16, seed=1))
    waiting, expected = head(*pair, SCALE)[0], gradients(head(*pair, SCALE)[0], head)
    forget()
    for value, wanted in zip(gradients(waiting, head), expected, strict=True):
        assert torch.equal(value, wanted)


def test_inference_mode_leaves_memory_that_training_can_use():
    head, pair = random_head(dim=24, num_heads=3), (features(2, 24), features(3, 24))
    with torch.inference_mode():
        head(*pair, SCALE)
    gradients(head(*pair, SCALE)[0], head)


class Taken(deque):
    """Seems to hold something, which another thread takes first."""

    def __len__(self):
        return 1


def test_lending_is_one_step(monkeypatch):
    monkeypatch.setattr(workspace, "_free", Taken())
    assert isinstance(workspace.lend(), Workspace)


def test_threads_lend_and_give_back_at_once():
    """A workspace has one borrower at a time, and no more than one is kept."""
    lent, failures, switch = set(), [], sys.getswitchinterval()

    def work():
        try:
            for _ in range(2000):
                own = workspace.lend()
                assert id(own) not in lent
                lent.add(id(own))
                lent.remove(id(own))
                workspace.give_back(own)
                assert len(workspace._free) <= 1
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert not failures


def test_threads_train_at_once_as_one_does():
    head, pair = random_head(form="linear"), (features(4, 16), features(5, 16, seed=1))
    expected = gradients(head(*pair, SCALE)[0], head)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: gradients(head(*pair, SCALE)[0], head), range(40)))
    for each in found:
        assert all(map(torch.equal, each, expected))
