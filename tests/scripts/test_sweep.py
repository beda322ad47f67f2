"""base2new.sh: all combinations, failures, several at once, the table at the end."""

import signal
import time

import pytest

from rada.data.families import EMBEDDED
from rada.experiments import arguments
from rada.workers import sweep
from tests.scripts.conftest import SETTINGS

SWEEP = "base2new.sh"


def test_runs_both_halves_of_everything_and_ends_with_the_table(repo):
    code, out, _ = repo.run(SWEEP, "dtd", "1,2", "CoOp,RAdaCoOp", "OPTIM.LR", "0.1")
    assert code == 0 and len(repo.calls()) == 8
    assert all(call.endswith("OPTIM.LR 0.1") for call in repo.calls())
    assert sum("--eval-only" in call for call in repo.calls()) == 4
    assert "[8/8] RAdaCoOp on dtd, seed 2, new classes" in out
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if "±" in line}
    coop = ["61.5", "±0.5", "61.5", "±0.5", "61.5"]
    rada = ["62.5", "±0.5", "62.5", "±0.5", "62.5"]
    delta = ["+1.0", "±0.0", "+1.0", "±0.0", "+1.0"]
    assert rows["dtd"] == coop + rada + delta


def test_second_time_skips_all_and_other_options_stop_before_anything_runs(repo):
    repo.run(SWEEP, "dtd", "1", "CoOp")
    code, out, _ = repo.run(SWEEP, "dtd", "1", "CoOp")
    assert (code, len(repo.calls())) == (0, 2)
    assert out.startswith("Already finished: 2 of 2 runs (skipped)\n")
    code, out, err = repo.run(SWEEP, "caltech101,dtd", "1", "CoOp", "OPTIM.LR", "0.1")
    assert (code, out, len(repo.calls())) == (2, "", 2)
    assert err.startswith("error: ") and "other options (OPTIM.LR: not set there, 0.1 now)" in err


def test_table_shows_the_runs_asked_for(repo):
    repo.run(SWEEP, "dtd", "2", "RAdaCoOp")
    _, out, _ = repo.run(SWEEP, "dtd", "1", "CoOp")
    table = out[out.index("16 shots") :]
    assert "CoOp" in table and "RAdaCoOp" not in table and "missing" not in table


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_failed_run_is_reported_and_the_others_go_on(repo, jobs):
    code, out, err = repo.run(SWEEP, "dtd", "1,2", "CoOp,RAdaCoOp", "STUB.FAIL", "CoOp", JOBS=jobs)
    assert code == 1 and len(repo.calls()) == 2 + 4  # no test after a failed training
    assert "RAdaCoOp" in out[out.index("16 shots") :]
    failures = [line for line in err.splitlines() if line.startswith("failed: ")]
    assert [line.split(" (")[0] for line in failures] == [
        f"failed: CoOp on dtd, seed {seed}, base classes" for seed in (1, 2)
    ]
    if jobs == "2":
        assert "(exit code 1): error: the stub fails (output/base2new/train_base/dtd" in err
        console = repo.folder("train_base", "dtd", "CoOp", seed=2) / "console.txt"
        assert console.read_text().endswith("error: the stub fails\n")


def test_two_at_once_share_the_cores_and_show_accuracies(repo):
    code, out, err = repo.run(SWEEP, "dtd", "1,2", "RAdaCoOp", JOBS="2")
    assert code == 0 and "4 of 4 runs done, 0 running, 0 failed, 0 waiting" in err
    assert "RAdaCoOp on dtd, seed 2, new classes: 63.0%" in out
    console = repo.folder("test_new", "dtd", seed=2) / "console.txt"
    assert console.read_text().split()[:2][1].isdigit()
    repo.run(SWEEP, "caltech101", "1,2", "RAdaCoOp", JOBS="2", OMP_NUM_THREADS="7")
    assert (repo.folder("test_new", "caltech101") / "console.txt").read_text() == "threads 7\n"


@pytest.mark.parametrize(("jobs", "number"), [("1", signal.SIGINT), ("2", signal.SIGTERM)])
def test_stopping_ends_the_runs(repo, jobs, number):
    """The stub would write its results after a second if it were left alive."""
    process = repo.start(SWEEP, "dtd", "1,2", "CoOp", "STUB.SLEEP", "1.5", JOBS=jobs)
    deadline = time.monotonic() + 30
    while len(repo.calls()) < int(jobs) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert err.endswith("stopped; the same command goes on from here\n")
    time.sleep(1.6)
    assert len(repo.calls()) == int(jobs)
    assert not list(repo.root.glob("output/**/results.json"))


def test_world_and_all_mean_what_has_a_config(repo, monkeypatch):
    for name in EMBEDDED:
        (repo.root / f"configs/datasets/{name}.yaml").touch()
    monkeypatch.chdir(repo.root)
    assert arguments.datasets("world,dtd,digits") == [*EMBEDDED, "dtd"]
    assert arguments.datasets("all") == ["imagenet", "caltech101", "dtd"]


SEEDS = "seeds are positive integers with commas between, got "


@pytest.mark.parametrize(
    ("words", "environment", "complaint"),
    [
        (["caltech", "1", "CoOp"], {}, 'no dataset "caltech" (did you mean "caltech101"?)'),
        (["dtd", "1", "radacoop"], {}, 'no trainer "radacoop" (did you mean "RAdaCoOp"?)'),
        (["dtd", "1", "CoOp"], {"CFG": "rn5"}, 'no config "rn5" for CoOp (did you mean "rn50"?)'),
        (["dtd", "1", ","], {}, 'no trainer in ","'),
        (["dtd", "1,,2", "CoOp"], {}, SEEDS + '"1,,2"'),
        (["dtd", "1-3", "CoOp"], {}, SEEDS + '"1-3"'),
        (["dtd", "0", "CoOp"], {}, SEEDS + '"0"'),
        (["dtd", "1", "CoOp"], {"JOBS": "two"}, 'JOBS must be a positive integer, got "two"'),
        (["dtd", "1", "CoOp", "OPTIM.LR"], {}, "options are pairs KEY VALUE, got: OPTIM.LR"),
    ],
)
def test_mistakes_end_in_one_line_before_anything_runs(
    repo, monkeypatch, words, environment, complaint
):
    monkeypatch.chdir(repo.root)
    for key in SETTINGS:
        monkeypatch.delenv(key, raising=False)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(ValueError) as error:
        sweep.main(["base2new", *words])
    assert str(error.value).startswith(complaint) and "\n" not in str(error.value)


def test_mistakes_end_in_exit_code_2(repo):
    code, out, err = repo.run(SWEEP, "dtd", "x", "CoOp")
    assert (code, out, err) == (2, "", f'error: {SEEDS}"x"\n')


def test_the_command_at_the_end_can_be_pasted(repo):
    _, out, _ = repo.run("base2new.sh", "dtd", "1", "CoOp", OUTPUT="my results")
    assert "\nEverything so far: python parse_test_res.py 'my results/base2new'\n" in out
