"""REHEARSE=1: results beside the real ones, never taken for them."""

import shutil

import pytest

SAID = "Rehearsal: results go to output/rehearsal; their numbers mean nothing\n"


def test_every_protocol_writes_below_rehearsal_and_says_so_once(repo):
    outputs = [
        repo.run("base2new.sh", "dtd", "1", "CoOp", REHEARSE="1"),
        repo.run("few_shot_all.sh", "dtd", "1", "CoOp", REHEARSE="1", SHOTS="1"),
        repo.run("cross_dataset.sh", "1", "CoOp", REHEARSE="1", TARGETS="dtd", JOBS="2"),
    ]
    for code, out, _ in outputs:
        assert code == 0 and out.count("Rehearsal: ") == 1 and out.startswith(SAID)
        assert "\nREHEARSAL: " in out and "python parse_test_res.py output/rehearsal/" in out
    assert len(repo.finished("output/rehearsal")) == 5 == len(repo.finished())


def test_output_and_relative_folders_of_the_caller(repo, tmp_path):
    settings = {"OUTPUT": "o", "SHOTS": "1", "REHEARSE": "1"}
    code, out, _ = repo.run("few_shot.sh", "dtd", 1, **settings, cwd=tmp_path)
    assert code == 0 and f"results go to {tmp_path}/o/rehearsal;" in out
    assert list(tmp_path.glob("o/rehearsal/few_shot/train_all/dtd/shots_1/*/*/seed1/results.json"))


def test_a_rehearsal_is_not_taken_for_a_real_run_nor_the_other_way_round(repo):
    repo.run("few_shot.sh", "dtd", 1, SHOTS="1", REHEARSE="1")
    shutil.copytree(repo.root / "output/rehearsal", repo.root / "output", dirs_exist_ok=True)
    code, out, err = repo.run("few_shot.sh", "dtd", 1, SHOTS="1")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "seed1 holds a rehearsal, not a real run; remove it or set another OUTPUT" in err
    repo.run("few_shot.sh", "dtd", 2, SHOTS="1")
    shutil.rmtree(repo.root / "output/rehearsal")
    shutil.copytree(repo.root / "output/few_shot", repo.root / "output/rehearsal/few_shot")
    code, _, err = repo.run("few_shot.sh", "dtd", 2, SHOTS="1", REHEARSE="1")
    assert code == 2 and "seed2 holds a real run, not a rehearsal; set another OUTPUT" in err
    assert len(repo.calls()) == 2


def test_no_model_of_a_rehearsal_is_tested_as_a_real_one(repo):
    repo.run("base2new_train.sh", "dtd", 1, REHEARSE="1")
    code, _, err = repo.run("base2new_test.sh", "dtd", 1, OUTPUT="output/rehearsal")
    assert code == 2 and "train_base/dtd" in err and "holds a rehearsal" in err


@pytest.mark.parametrize(("value", "code"), [("0", 0), ("", 0), ("yes", 2)])
def test_other_values_of_rehearse(repo, value, code):
    found, _, err = repo.run("few_shot.sh", "dtd", 1, SHOTS="1", REHEARSE=value)
    assert found == code and (
        not code or err == 'error: REHEARSE is 1, or 0 for a real run; got "yes"\n'
    )
    assert ("rehearsal" in str(repo.finished())) is False


def test_stand_in_pictures_lie_beside_the_results(repo, tmp_path):
    """Relative folders count from where the caller is."""
    asked = [
        ({"OUTPUT": f"{tmp_path}/o"}, f"{tmp_path}/o/rehearsal/data"),
        ({"cwd": tmp_path, "REHEARSE_ROOT": "scratch"}, f"{tmp_path}/scratch"),
        ({"cwd": tmp_path}, "output/rehearsal/data"),
    ]
    for seed, (settings, root) in enumerate(asked, 1):
        _, out, _ = repo.run("few_shot.sh", "dtd", seed, REHEARSE="1", SHOTS="1", **settings)
        assert f"stand-ins in {root}\n" in out
