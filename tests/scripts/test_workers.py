"""base2new.sh with workers that live on: how many there are, what they see, what if one dies."""

import json

import pytest

SWEEP = "base2new.sh"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_workers_live_on(repo, jobs):
    code, _, _ = repo.run(SWEEP, "dtd,caltech101", "1,2", "CoOp", JOBS=jobs, OMP_NUM_THREADS="1")
    assert code == 0 and len(repo.workers()) == 8
    assert len({process for process, _ in repo.workers()}) <= int(jobs)


@pytest.mark.parametrize("each", ["1", "2"])
def test_each_worker_sees_its_own_gpu(repo, each):
    words = (SWEEP, "dtd,caltech101", "1,2", "CoOp", "STUB.SLEEP", "0.2")
    given = {"JOBS": "4", "JOBS_PER_GPU": each, "CUDA_VISIBLE_DEVICES": "4,7"}
    code, out, _ = repo.run(*words, **given)
    assert code == 0
    assert {seen for _, seen in repo.workers()} == {"4", "7"}
    pairs = {tuple(pair) for pair in repo.workers()}
    assert len(pairs) == 2 * int(each)  # a process keeps the one it has
    assert ("2 runs at a time, JOBS_PER_GPU=1 on 2 GPUs" in out) == (each == "1")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_worker_that_dies_costs_one_more_try(repo, jobs):
    code, _, err = repo.run(SWEEP, "dtd", "1,2", "CoOp", "STUB.DIE", "1", JOBS=jobs)
    assert code == 0, err
    assert len(repo.calls()) == 5 and len(repo.finished()) == 4


def test_a_run_whose_workers_die_fails_alone(repo):
    """The first run dies twice."""
    code, _, err = repo.run(SWEEP, "dtd", "1,2", "CoOp", "STUB.DIE", "2")
    assert code == 1 and len(repo.finished()) == 2
    assert err.count("its process was killed, more than once (output/base2new/train_base") == 1


def test_what_a_sweep_says_of_itself_is_left_in_its_folder(repo):
    repo.run(SWEEP, "dtd", "1", "CoOp,RAdaCoOp", "STUB.FAIL", "CoOp", JOBS="2")
    (path,) = repo.root.glob("output/base2new/sweeps/*.json")
    state = json.loads(path.read_text())
    assert (state["total"], state["done"], state["left_out"]) == (4, 2, 1)
    assert len(state["failed"]) == 1 and state["ended"] == "ended" and not state["running"]


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"JOBS": "0"}, 'JOBS must be a positive integer, got "0"'),
        ({"JOBS_PER_GPU": "x"}, 'JOBS_PER_GPU must be a positive integer, got "x"'),
        ({"NPROC": "3", "CUDA_VISIBLE_DEVICES": "0,1"}, "NPROC=3 needs as many GPUs, 2 are"),
    ],
)
def test_mistakes_end_in_one_line(repo, environment, complaint):
    code, out, err = repo.run(SWEEP, "dtd", "1", "CoOp", **environment)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {complaint}")
