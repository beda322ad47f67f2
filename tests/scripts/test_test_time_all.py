"""test_time_all.sh: trainings first and once, tests grouped by them, the table."""

import pytest

from tests.scripts.conftest import CTXV1, adapted

TEST, SWEEP, TRAIN = "test_time.sh", "test_time_all.sh", "xd_train.sh"
SOURCE = f"transfer/train_source/imagenet/shots_16/CoOp/{CTXV1}/seed1"


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_sweep_trains_once_for_all_that_start_from_it(tuned, jobs):
    words = ("shifts,dtd", "1", "CoOpTPT,Aligned,CoOp,TPT", "TEST.STEPS", "2")
    code, out, _ = tuned.run(SWEEP, *words, JOBS=jobs)
    assert code == 0 and len(tuned.calls()) == 1 + 3 * 4
    trainings = [call for call in tuned.calls() if "train_source" in call.split("--model-dir")[0]]
    assert len(trainings) == 1 and "TEST.STEPS" not in trainings[0]
    assert sum("--eval-only" in call for call in tuned.calls()) == 3 * 3
    assert "CoOpTPT on dtd, seed 1, at test time" in out
    table = out[out.index("test time; trainings") :]
    assert all(f"\n{name} " in table for name in ("imagenetv2", "imagenet_a", "dtd"))
    assert "python parse_test_res.py output/test_time\n" in table


def test_sweep_takes_a_finished_training_as_it_is(tuned):
    tuned.run(TRAIN, 1, "CoOp", "OPTIM.LR", "0.1")
    code, out, _ = tuned.run(SWEEP, "dtd", "1", "CoOpTPT")
    assert code == 0 and len(tuned.calls()) == 2 and "training" not in out.split("test time;")[0]


def test_another_source_has_its_own_folder(tuned):
    code, out, _ = tuned.run(SWEEP, "blueprints,digits", "1", "CoOpTPT", SOURCE="blueprints")
    assert code == 0 and "parse_test_res.py output/test_time_from_blueprints\n" in out
    run = "shots_16/CoOpTPT/world/seed1"
    assert tuned.finished() == {
        "transfer_from_blueprints/train_source/blueprints/shots_16/CoOp/world/seed1",
        f"test_time_from_blueprints/test_adapted/blueprints/{run}",
        f"test_time_from_blueprints/test_adapted/digits/{run}",
    }


def test_after_a_failed_training_only_its_tests_are_left_out(tuned):
    (tuned.root / "rada/engine/command.py").write_text(
        (tuned.root / "rada/engine/command.py")
        .read_text()
        .replace('options.get("STUB.FAIL")', '"CoOp"')
    )
    code, _, err = tuned.run(SWEEP, "dtd", "1", "CoOpTPT,TPT")
    assert code == 1 and err.count("failed: CoOp on imagenet, seed 1, training") == 1
    assert tuned.finished() == {adapted("dtd", "TPT")}


def test_a_rehearsal_trains_and_tests_beside_the_real_runs(tuned):
    code, out, _ = tuned.run(SWEEP, "dtd", "1", "CoOpTPT", REHEARSE="1")
    assert code == 0 and "parse_test_res.py output/rehearsal/test_time\n" in out
    assert tuned.finished("output/rehearsal") == {SOURCE, adapted("dtd", "CoOpTPT")}
    _, _, err = tuned.run(TEST, "dtd", 1, "Aligned", REHEARSE="1", SHOTS="4")
    assert err.endswith("run REHEARSE=1 SHOTS=4 bash scripts/rada/xd_train.sh 1 CoOp\n")
