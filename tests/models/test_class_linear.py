"""Rows of a linear classifier follow their class names."""

import pytest
import torch

from rada.encoders.class_linear import ClassLinear

pytestmark = pytest.mark.numerical


def test_rows_are_loaded_by_name():
    """Another order, a subset, a name that was not trained, and two classes of one name."""
    trained = ClassLinear(3, ["cat", "missile", "missile", "dog"])
    state = trained.state_dict()
    other = ClassLinear(3, ["dog", "bird", "missile"])
    start = other.weight.detach().clone()
    other.load_state_dict(state)
    assert torch.equal(other.weight[[0, 2]], trained.weight[[3, 1]])
    assert torch.equal(other.bias[[0, 2]], trained.bias[[3, 1]])
    assert torch.equal(other.weight[1], start[1]) and not other.all_trained
    other.load_state_dict(other.state_dict())
    assert other.all_trained
    subset = ClassLinear(3, ["dog", "cat"])
    subset.load_state_dict(state)
    assert subset.all_trained and torch.equal(subset.weight, trained.weight[[3, 0]])
    same = ClassLinear(3, trained.classnames)
    same.load_state_dict(state)
    assert torch.equal(same.weight, trained.weight)
