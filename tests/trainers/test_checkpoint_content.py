"""Checkpoints that were damaged or edited: one line that names the file, whoever reads it."""

import os
import shutil
from functools import reduce

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rada.engine.checkpoint_content import BETWEEN_STEPS, EPOCH_END, Like, read_checkpoint
from tests.trainers.runs import STEPS

EPOCHS = ("OPTIM.MAX_EPOCH", "2")
NAN, BIG = float("nan"), 10**400


@pytest.fixture(scope="module")
def trained(run_train, tmp_path_factory):
    """The folder of a CoOp of two epochs."""
    folder = tmp_path_factory.mktemp("trained")
    run_train("CoOp", folder, *EPOCHS)
    return folder


@pytest.fixture
def own(trained, tmp_path):
    """A copy of it that may be damaged."""
    return shutil.copytree(trained, tmp_path / "own")


def changed(path, place: tuple, value) -> None:
    """Exchange one value of a file; `del` removes it, a function changes it."""
    content = torch.load(path, weights_only=True)
    holder = reduce(lambda inside, key: inside[key], place[:-1], content)
    if value is del_:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value(holder[place[-1]]) if callable(value) else value
    torch.save(content, path)


def del_():
    """Stands for removal."""


pytestmark = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
WEIGHTS = [
    (("state_dict",), del_, "it has no state_dict"),
    (("state_dict",), {}, "the tensor ctx is missing"),
    (("state_dict",), [1], "state_dict: [1] is not a mapping to a tensor each"),
    (("state_dict", "ctx"), del_, "the tensor ctx is missing"),
    (("state_dict", "ctx"), 3.0, "ctx: 3.0 is not a tensor"),
    (("state_dict", "ctx"), lambda t: t[:2], "the tensor ctx is (2, 64), (4, 64) here"),
    (("state_dict", "ctx"), lambda t: t.long(), "is of type torch.int64"),
    (("state_dict", "ctx"), lambda t: t + 0j, "is of type torch.complex64"),
    (("state_dict", "ctx"), lambda t: t.to_sparse(), "prompt_learner"),
    (("state_dict", "ctx"), lambda t: torch.nested.nested_tensor([t, t]), "prompt_learner"),
    (("state_dict", "ctx"), lambda t: t.to(torch.float8_e4m3fn), "prompt_learner"),
    (("state_dict", "ctx"), lambda t: t.to(torch.float8_e5m2), "prompt_learner"),
    (("state_dict", "ctx"), lambda t: t * NAN, "the tensor ctx is not finite"),
    (("state_dict", "more"), torch.ones(3), "the tensor more is unknown here"),
    (("state_dict", 7), torch.ones(3), "state_dict: {"),
    (("epoch",), del_, "it has no epoch"),
    (("epoch",), "2", 'epoch: "2" is not a whole number'),
    (("epoch",), 1.5, "epoch: 1.5 is not a whole number"),
    (("epoch",), -3, "epoch: -3 is not a whole number, at least 1"),
    (("record",), del_, "does not say what it was trained as"),
    (("record",), 3, "record: 3 is not a record with model, run"),
    (("record", "model"), del_, "record: it has no model"),
    (("record", "run"), None, "record: run: None is not a mapping"),
    (("record", "model", "MODEL.BACKBONE.NAME"), 5, "MODEL.BACKBONE.NAME: 5 is not text"),
]
STATES = [
    (("epoch",), 9, "its epoch is 9 of 2"),
    (("epoch",), 1, "its epoch is 1 of 2"),
    (("best_result",), "high", 'best_result: "high" is not nothing, or a number'),
    (("best_result",), NAN, "best_result: nan is not nothing, or a number"),
    (("optimizer",), [], "optimizer: [] is not nothing, or a record"),
    (("optimizer",), {}, "cannot be gone on from"),
    (("optimizer", "param_groups"), [], "cannot be gone on from"),
    (("optimizer", "param_groups"), 3, "cannot be gone on from"),
    (("optimizer", "param_groups", 0, "params"), [0, 1], "cannot be gone on from"),
    (("optimizer", "param_groups", 0, "lr"), "fast", 'lr: "fast" is not a number'),
    (("optimizer", "param_groups", 0, "lr"), -1.0, "lr: -1.0 is not a number, at least 0"),
    (("optimizer", "param_groups", 0, "momentum"), 0.5, "its optimiser's momentum is 0.5, 0.9"),
    (("optimizer", "state", 0, "momentum_buffer"), lambda t: t[:1], "it is (1, 64), (4, 64) here"),
    (("optimizer", "state", 0, "momentum_buffer"), lambda t: t * NAN, "it is not finite"),
    (("optimizer", "state", 0, "momentum_buffer"), del_, "is not a mapping with momentum_buffer"),
    (("optimizer", "state", 0), 5, "cannot be gone on from"),
    (("optimizer", "state"), {7: {}}, "cannot be gone on from"),
    (("scheduler",), 1.0, "scheduler: 1.0 is not nothing, or a record"),
    (("scheduler", "last_epoch"), "two", "cannot be gone on from"),
    (("scheduler", "successor"), {}, "cannot be gone on from"),
    (("scheduler", "successor", "base_lrs"), [], "base_lrs: [] is not a list of 1"),
    (("rng",), {}, "cannot be gone on from"),
    (("rng",), None, "rng: None is not a record"),
    (("rng", "torch"), torch.zeros(3), "cannot be gone on from"),
    (("rng", "python"), (3, (1, 2), None), "cannot be gone on from"),
    (("rng", "numpy"), ("MT19937", torch.zeros(2), 1, 0, 0.0), "cannot be gone on from"),
]


def complaint(run_train, folder, *arguments) -> str:
    with pytest.raises((ValueError, OSError)) as caught:
        run_train("CoOp", folder, *EPOCHS, arguments=arguments)
    said = str(caught.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize(("place", "value", "words"), WEIGHTS)
def test_a_test_refuses_it(place, value, words, own, run_train, tmp_path):
    path = own / "prompt_learner" / "model.pth.tar-2"
    changed(path, place, value)
    said = complaint(run_train, tmp_path / "b", "--eval-only", "--model-dir", str(own))
    assert words in said and str(path) in said


@pytest.mark.parametrize(("place", "value", "words"), WEIGHTS + STATES)
def test_going_on_refuses_it(place, value, words, own, run_train):
    path = own / "prompt_learner" / "model.pth.tar-2"
    changed(path, place, value)
    said = complaint(run_train, own)
    assert words in said and str(path) in said


WHOLES = [torch.ones(3), [1, 2], 3, None, "text", {}, {"epoch": 1}, {1: 2}]


@pytest.mark.parametrize("content", WHOLES, ids=str)
def test_what_is_no_checkpoint_is_refused(content, own, run_train, tmp_path):
    path = own / "prompt_learner" / "model.pth.tar-2"
    torch.save(content, path)
    assert str(path) in complaint(run_train, own)
    assert str(path) in complaint(run_train, tmp_path, "--eval-only", "--model-dir", str(own))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\3\4", b"\x80\2}q\0."], ids=str)
def test_what_is_no_file_of_pytorch_is_refused(content, own, run_train):
    path = own / "prompt_learner" / "model.pth.tar-2"
    path.write_bytes(content)
    assert str(path) in complaint(run_train, own)


def test_an_empty_file_is_called_so(own, run_train):
    path = own / "prompt_learner" / "model.pth.tar-2"
    path.write_bytes(b"")
    assert f"{path} is empty; delete it" in complaint(run_train, own)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_regular_file_is_not_waited_for(make, own, run_train):
    path = own / "prompt_learner" / "model.pth.tar-2"
    path.unlink()
    make(path)
    assert f"{path} is no regular file" in complaint(run_train, own)


@pytest.mark.parametrize("name", ["", "..", "../x", "/etc/passwd", "a\0b", "\udcff", "x" * 5000])
def test_a_pointer_to_elsewhere_is_refused(name, own, run_train):
    (own / "prompt_learner/checkpoint").write_text(name, errors="surrogateescape")
    said = complaint(run_train, own)
    assert "names no file beside it" in said or "Model not found" in said or "too long" in said


def link_to_itself(path):
    path.symlink_to(path.name)


def link_to_nothing(path):
    path.symlink_to("gone")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, link_to_itself, link_to_nothing])
def test_a_pointer_that_cannot_be_followed_is_refused_and_the_model_kept(make, own, run_train):
    pointer, model = own / "prompt_learner/checkpoint", own / "prompt_learner/model.pth.tar-2"
    pointer.unlink()
    make(pointer)
    before = model.read_bytes()
    said = complaint(run_train, own)
    assert f"{pointer} is " in said and model.read_bytes() == before


def test_a_stranger_among_the_files_is_left_alone(own, run_train):
    torch.save([1], own / "prompt_learner" / "model-of-mine")
    run_train("CoOp", own, *EPOCHS)


STEP_STATES = [
    (("epoch",), 3, "batch 0 of epoch 3"),
    (("batch",), 99, "batch 99 of epoch 0"),
    (("batch",), -1, "batch: -1 is not a whole number, at least 0"),
    (("seconds",), "long", 'seconds: "long" is not a number'),
    (("models",), {}, "is missing"),
    (("models",), {"visual": 3}, "visual: 3 is not a mapping to a tensor each"),
    (("optims",), {}, "cannot be gone on from"),
    (("optims",), {"visual": {}}, "cannot be gone on from"),
    (("scheds",), {}, "cannot be gone on from"),
    (("scaler",), 3, "scaler: 3 is not a record"),
]


@pytest.mark.parametrize(("place", "value", "words"), STEP_STATES)
def test_a_training_by_steps_refuses_it(place, value, words, stopped, run_train):
    path = stopped / "running.pth.tar"
    if place == ("epoch",):
        changed(path, ("batch",), 0)
    changed(path, place, value)
    with pytest.raises(ValueError) as caught:
        run_train("FT", stopped, *STEPS)
    assert words in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["exp_avg", "exp_avg_sq", "step"])
def test_adams_state_is_looked_at(name, stopped, run_train):
    path = stopped / "running.pth.tar"
    optims = torch.load(path, weights_only=True)["optims"]
    module = next(iter(optims))
    changed(path, ("optims", module, "state", 0, name), del_)
    with pytest.raises(ValueError, match=f"{path} cannot be gone on from: "):
        run_train("FT", stopped, *STEPS)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(["state_dict", "epoch", "record", "model", "run", "optimizer", "rng", "ctx"])
TREES = st.recursive(
    LEAVES | st.just(torch.ones(2)),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=8),
    max_leaves=20,
)


@settings(max_examples=200)
@given(TREES, st.sampled_from([EPOCH_END, BETWEEN_STEPS]))
def test_any_content_is_read_or_refused_in_one_line(tmp_path_factory, content, kind):
    path = tmp_path_factory.getbasetemp() / "any.pth.tar"
    torch.save(content, path)
    try:
        found = read_checkpoint(str(path), kind)
    except ValueError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        assert found["record"]["run"] == content["record"]["run"]


def test_more_than_the_example_has_may_be_there():
    assert Like({"a": 1}).taken({"a": 2, "b": "x"}) == {"a": 2.0}
    with pytest.raises(ValueError, match="a: True is not a number"):
        Like({"a": 1}).taken({"a": True})
