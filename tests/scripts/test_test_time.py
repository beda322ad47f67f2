"""test_time.sh: what each trainer loads, its config, what it asks for."""

import pytest

from rada.experiments import arguments, planning
from tests.scripts.conftest import CTXV1, adapted

TEST, SWEEP, TRAIN = "test_time.sh", "test_time_all.sh", "xd_train.sh"
SOURCE = f"transfer/train_source/imagenet/shots_16/CoOp/{CTXV1}/seed1"


def test_a_trainer_that_starts_from_nothing_is_run_plainly(tuned):
    """On the source of the others too."""
    assert tuned.run(TEST, "imagenet", 1, "TEST.STEPS", "2")[0] == 0
    (call,) = tuned.calls()
    assert "--trainer RAdaTPT " in call and call.endswith(
        f"--output-dir output/{adapted('imagenet', 'RAdaTPT')} "
        "DATASET.NUM_SHOTS 16 DATASET.SUBSAMPLE_CLASSES all TEST.STEPS 2"
    )


@pytest.mark.parametrize("trainer", ["CoOpTPT", "CoOp"])
def test_a_trainer_that_starts_from_a_model_loads_the_transfers(tuned, trainer):
    tuned.run(TRAIN, 1, "CoOp", "OPTIM.LR", "0.1")
    assert tuned.run(TEST, "imagenet_a", 1, trainer, "A.B", "2")[0] == 0
    assert tuned.calls()[1].endswith(
        f"--output-dir output/{adapted('imagenet_a', trainer)} "
        f"--model-dir output/{SOURCE} --eval-only "
        "DATASET.NUM_SHOTS 16 DATASET.SUBSAMPLE_CLASSES all A.B 2"
    )


def test_without_its_training_it_says_how_to_make_it(tuned):
    """Without the options and the config of the test."""
    (tuned.root / "configs/trainers/CoOpTPT/rn50.yaml").touch()
    code, _, err = tuned.run(TEST, "dtd", 1, "CoOpTPT", "A.B", "2", CFG="rn50", SHOTS="4")
    assert (code, tuned.calls()) == (2, [])
    assert err == (
        f"error: no finished training in output/{SOURCE.replace('_16', '_4')}; "
        "first run SHOTS=4 bash scripts/rada/xd_train.sh 1 CoOp\n"
    )


def test_a_test_of_its_own_model_has_the_config_of_the_training(tuned):
    (tuned.root / f"configs/trainers/CoOp/{CTXV1}_transfer.yaml").touch()
    for settings in ({}, {"CFG": "rn50"}):
        assert tuned.run(TEST, "dtd", 1, "CoOp", **settings)[2].endswith(
            f"first run {'CFG=rn50 ' if settings else ''}bash scripts/rada/xd_train.sh 1 CoOp\n"
        )
        tuned.run(TRAIN, 1, "CoOp", **settings)
        assert tuned.run(TEST, "dtd", 1, "CoOp", **settings)[0] == 0
    tests = {name for name in tuned.finished() if name.startswith("test_time")}
    assert tests == {adapted("dtd", "CoOp", name) for name in (f"{CTXV1}_transfer", "rn50")}


def test_several_processes_share_a_test_that_learns(tuned):
    """By torchrun, as in test_fine_tuning.py; a plain test runs in one."""
    tuned.note_processes()
    tuned.run(TRAIN, 1, "CoOp")
    assert tuned.run(TEST, "imagenet_a", 1, "CoOp", NPROC="2")[0] == 0
    assert tuned.processes() == "11"
    tuned.run(TEST, "imagenet_a", 1, "TPT", NPROC="2")
    assert tuned.processes() == "1122"
    tuned.run(TEST, "imagenet_a", 1, "CoOpTPT", NPROC="2")
    assert tuned.processes() == "112222"
    assert "NPROC must be a positive" in tuned.run(TEST, "dtd", 1, "TPT", NPROC="0")[2]


def test_default_configs(tuned):
    """The fine-grained one is for all datasets but ImageNet, its shifts and the embedded ones."""
    (tuned.root / f"configs/trainers/CoOp/{CTXV1}_transfer.yaml").touch()
    code, _, _ = tuned.run(SWEEP, "imagenet,imagenet_a,dtd", "1", "Aligned,TPT")
    assert code == 0 and tuned.run(TEST, "digits", 1, "TPT")[0] == 0
    assert tuned.finished() == {
        SOURCE.replace(CTXV1, f"{CTXV1}_transfer"),
        *(adapted(name, "Aligned") for name in ("imagenet", "imagenet_a")),
        adapted("dtd", "Aligned", f"{CTXV1}_fine_grained"),
        *(adapted(name, "TPT") for name in ("imagenet", "imagenet_a", "dtd")),
        adapted("digits", "TPT", "world"),
    }


FORGOTTEN = "configs/trainers/Forgotten is there but no trainer of that name"
OTHER_CLIP = "CoOpTPT starts from CoOp trained on imagenet, whose CLIP is another than that of"


@pytest.mark.parametrize(
    ("script", "words", "environment", "complaint"),
    [
        (TEST, ["1"], {}, "usage: test_time.sh DATASET SEED [TRAINER] [KEY VALUE ...]"),
        (TEST, ["dtd", "1", "RAdaTP"], {}, 'no trainer "RAdaTP" (did you mean "RAdaTPT"?)'),
        (TEST, ["dtd", "1", "Forgotten"], {}, FORGOTTEN),
        (TEST, ["dtd", "1"], {"SOURCE": "tint"}, 'no dataset "tint"'),
        (TEST, ["dtd", "1", "CoOpTPT"], {"SOURCE": "imagenetv2"}, "imagenetv2 is a shift of"),
        (TEST, ["digits", "1", "CoOpTPT"], {}, f"{OTHER_CLIP} digits; set SOURCE"),
        (SWEEP, ["digits,dtd", "1", "TPT,CoOpTPT"], {}, f"{OTHER_CLIP} digits; set SOURCE"),
        (SWEEP, ["dtd", "1"], {}, "usage: SCRIPT [DATASETS] SEEDS TRAINERS"),
        (SWEEP, ["dtd", "1", "Forgotten"], {}, FORGOTTEN),
        (SWEEP, ["dtd", "1", "TPT"], {"CFG": "rn50"}, 'no config "rn50" for TPT'),
    ],
)
def test_mistakes_end_in_one_line_and_exit_code_2(tuned, script, words, environment, complaint):
    code, out, err = tuned.run(script, *words, **environment)
    assert (code, out, err.count("\n"), tuned.calls()) == (2, "", 1, [])
    assert err.startswith(f"error: {complaint}")


@pytest.mark.parametrize("dataset", ["imagenet_a", "dtd"])
def test_every_trainer_has_a_place_at_test_time(dataset, monkeypatch):
    """Asks the real trainers; each training has the config of xd_train.sh."""
    for setting in ("CFG", "SOURCE", "OUTPUT"):
        monkeypatch.delenv(setting, raising=False)
    for trainer in arguments.trainer_names():
        task = planning.task_of("adapted", dataset, 1, trainer, 16, [])
        if task.training:
            asked = ("source", "imagenet", 1, task.training.trainer, 16, [])
            assert task.training == planning.task_of(*asked)
