"""few_shot.sh and few_shot_all.sh: all numbers of shots on all classes, the tables."""

import pytest

TRAIN, SWEEP = "few_shot.sh", "few_shot_all.sh"


def test_trains_with_every_number_of_shots_on_all_classes(repo):
    code, _, _ = repo.run(TRAIN, "dtd", 1, "CoOp", "OPTIM.LR", "0.1")
    assert code == 0
    assert [call.split("DATASET.NUM_SHOTS ")[1] for call in repo.calls()] == [
        f"{shots} DATASET.SUBSAMPLE_CLASSES all OPTIM.LR 0.1" for shots in (1, 2, 4, 8, 16)
    ]
    assert repo.finished() == {
        f"few_shot/train_all/dtd/shots_{shots}/CoOp/vit_b16_ctxv1/seed1"
        for shots in (1, 2, 4, 8, 16)
    }


def test_shots_choose_and_finished_ones_are_skipped(repo):
    repo.run(TRAIN, "dtd", 1, SHOTS="4")
    code, out, _ = repo.run(TRAIN, "dtd", 1, SHOTS="1 4")
    assert (code, out.count("Already finished")) == (0, 1)
    assert ["NUM_SHOTS 4" in call for call in repo.calls()] == [True, False]


def test_a_failure_stops_the_rest(repo):
    assert repo.run(TRAIN, "dtd", 1, "CoOp", "STUB.FAIL", "CoOp")[0] == 1
    assert len(repo.calls()) == 1


@pytest.mark.parametrize("text", ["1 x", "0 4", "*"])
@pytest.mark.parametrize("script", [TRAIN, SWEEP])
def test_wrong_shots_stop_before_anything_runs(repo, script, text):
    code, out, err = repo.run(script, "dtd", 1, "CoOp", SHOTS=text)
    assert (code, out, repo.calls()) == (2, "", [])
    assert err == f'error: SHOTS must be positive integers with blanks between, got "{text}"\n'


def test_a_config_of_the_protocol_is_used_where_the_trainer_has_one(repo):
    (repo.root / "configs/trainers/CoOp/world_few_shot.yaml").touch()
    repo.run(TRAIN, "digits", 1, "CoOp", SHOTS="1")
    repo.run(TRAIN, "digits", 1, "RAdaCoOp", SHOTS="1")
    repo.run(TRAIN, "digits", 1, "CoOp", SHOTS="1", CFG="rn50")
    assert repo.finished() == {
        f"few_shot/train_all/digits/shots_1/{run}/seed1"
        for run in ("CoOp/world_few_shot", "RAdaCoOp/world_few_shot", "CoOp/rn50")
    }


def test_sweep_runs_everything_and_ends_with_tables_and_summary(repo):
    repo.run(TRAIN, "blueprints", 1, SHOTS="2")
    words = ("blueprints,digits", "1,2", "CoOp,RAdaCoOp")
    code, out, _ = repo.run(SWEEP, *words, SHOTS="1 4", JOBS="2")
    assert code == 0 and len(repo.calls()) == 1 + 2 * 2 * 2 * 2
    assert "RAdaCoOp on digits, seed 2, 4 shots: 63.0%" in out
    table = out[out.index("1 shot\n") :]
    assert "4 shots\n" in table and "2 shots" not in table
    assert "mean of 2: blueprints, digits" in table
    assert "python parse_test_res.py output/few_shot\n" in table
