"""A test's options and those of its training."""

import json

import pytest

from rada.trained_with import may_differ, require_trained_with, same

CFG = {
    "OPTIM": {"MAX_EPOCH": 2, "LR": 0.002, "NAME": "sgd"},
    "TRAINER": {"COOP": {"N_CTX": 4, "PREC": "fp32", "CTX_INIT": ""}},
    "INPUT": {"SIZE": [32, 32]},
    "TEST": {"SPLIT": "test"},
}


@pytest.fixture
def model_dir(tmp_path):
    content = {"trainer": "CoOp", "metrics": {"accuracy": 50.0}, "cfg": CFG}
    (tmp_path / "results.json").write_text(json.dumps(content))
    return tmp_path


SAME = ["OPTIM.MAX_EPOCH 2", "OPTIM.LR 2e-3", "OPTIM.NAME sgd", "TRAINER.COOP.N_CTX 4"]
FREE = [
    "TEST.SPLIT val",
    "INPUT.SIZE (64,64)",
    "TRAINER.COOP.PREC fp16",
    "TRAINER.TPT.X 3",
    "NEW 1",
]


@pytest.mark.parametrize("option", SAME + FREE)
def test_what_may_be_asked_of_a_test(option, model_dir):
    require_trained_with("CoOp", option.split(), model_dir)


OTHER = ["OPTIM.MAX_EPOCH 6", "OPTIM.LR 1", "OPTIM.NAME adam", "TRAINER.COOP.N_CTX 16"]
OTHER += ["TRAINER.COOP.CTX_INIT a"]


@pytest.mark.parametrize("option", OTHER)
def test_a_training_that_did_not_take_place_is_told(option, model_dir):
    key, value = option.split()
    with pytest.raises(ValueError, match=f"{key} is .{value}., and .* was trained with"):
        require_trained_with("CoOp", [key, value], model_dir)


def test_the_training_of_another_trainer_has_other_settings(model_dir, tmp_path):
    """A test-time trainer starts from one; a folder without results says nothing."""
    require_trained_with("CoOpTPT", ["OPTIM.MAX_EPOCH", "6"], model_dir)
    require_trained_with("CoOp", ["OPTIM.MAX_EPOCH", "6"], tmp_path / "none")


def test_keys_are_whole_names():
    assert may_differ("TEST.SPLIT") and may_differ("DATALOADER.TEST.BATCH_SIZE")
    assert not may_differ("TESTING") and not may_differ("DATALOADER.TRAIN_X.BATCH_SIZE")
    assert same([1, 2], "(1, 2)") and not same([1, 2], "(1, 3)") and same("2", "2")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--load-epoch", "9"), "--load-epoch says which weights a test loads"),
        (("--load-epoch", "9", "--eval-only"), "--load-epoch says which weights a test loads"),
        (("--eval-only",), "CoOp has learned nothing that could be tested"),
    ],
)
def test_a_test_of_no_model_is_refused(arguments, words, tmp_path, capsys):
    from tests.refused import error_of

    command = ["--trainer", "CoOp", "--dataset-config-file", "configs/datasets/tints.yaml"]
    command += ["--config-file", "configs/trainers/CoOp/world.yaml", "--root", str(tmp_path)]
    command += ["--output-dir", str(tmp_path / "out"), *arguments]
    command += ["DATASET.SUBSAMPLE_CLASSES", "base"]
    assert words in error_of(command, capsys)
    assert not (tmp_path / "out/results.json").exists()
