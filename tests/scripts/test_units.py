"""base2new_train.sh and base2new_test.sh: what they call, skip and refuse."""

import json

import pytest

TRAIN, TEST = "base2new_train.sh", "base2new_test.sh"


def test_training_calls_train_with_coops_command_line(repo):
    code, _, _ = repo.run(TRAIN, "caltech101", 1, "CoOp", "OPTIM.MAX_EPOCH", 2, DATA="/data")
    assert code == 0
    assert repo.calls() == [
        "--root /data --seed 1 --trainer CoOp "
        "--dataset-config-file configs/datasets/caltech101.yaml "
        "--config-file configs/trainers/CoOp/vit_b16_ctxv1.yaml --output-dir "
        "output/base2new/train_base/caltech101/shots_16/CoOp/vit_b16_ctxv1/seed1 "
        "DATASET.NUM_SHOTS 16 DATASET.SUBSAMPLE_CLASSES base OPTIM.MAX_EPOCH 2"
    ]


def test_testing_needs_a_finished_training_and_loads_it(repo):
    model = repo.folder("train_base", "caltech101")
    model.mkdir(parents=True)
    code, _, err = repo.run(TEST, "caltech101", 1, "A.B", "2")
    assert (code, repo.calls()) == (2, [])
    assert err.count("\n") == 1 and "no finished training in output/base2new/train_base" in err
    assert err.endswith("bash scripts/rada/base2new_train.sh caltech101 1 RAdaCoOp A.B 2\n")
    repo.run(TRAIN, "caltech101", 1)
    code, _, _ = repo.run(TEST, "caltech101", 1)
    assert code == 0
    assert repo.calls()[1].endswith(
        f"--output-dir {repo.folder('test_new', 'caltech101').relative_to(repo.root)} "
        f"--model-dir {model.relative_to(repo.root)} --eval-only "
        "DATASET.NUM_SHOTS 16 DATASET.SUBSAMPLE_CLASSES new"
    )


def test_finished_is_skipped_and_half_finished_runs_again(repo):
    folder = repo.folder("train_base", "dtd")
    (folder / "mask").mkdir(parents=True)
    assert repo.run(TRAIN, "dtd", 1)[0] == 0 and len(repo.calls()) == 1
    code, out, _ = repo.run(TRAIN, "dtd", 1)
    assert (code, len(repo.calls())) == (0, 1)
    path = folder.relative_to(repo.root)
    assert out == f"Already finished: {path}/results.json (skipped)\n"


def test_other_options_than_those_of_the_finished_run_stop(repo):
    repo.run(TRAIN, "dtd", 1, "OPTIM.LR", "0.1")
    for options in ([], ["OPTIM.LR", "0.2"], ["OPTIM.LR", "0.1", "OPTIM.NAME", "adam"]):
        code, out, err = repo.run(TRAIN, "dtd", 1, *options)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "is finished with other options (OPTIM." in err and "another OUTPUT" in err
    assert repo.run(TRAIN, "dtd", 1, "OPTIM.LR", "0.1")[0] == 0
    assert len(repo.calls()) == 1


def test_broken_results_stop(repo):
    folder = repo.folder("train_base", "dtd")
    folder.mkdir(parents=True)
    (folder / "results.json").write_text("{")
    code, _, err = repo.run(TRAIN, "dtd", 1)
    assert code == 2 and "results.json: broken JSON" in err and "remove output/base2new" in err


def test_a_test_older_than_its_training_stops(repo):
    repo.run(TRAIN, "dtd", 1)
    repo.run(TEST, "dtd", 1)
    path = repo.folder("train_base", "dtd") / "results.json"
    results = json.loads(path.read_text())
    path.write_text(json.dumps(results | {"date": "2999-01-01T00:00:00"}))
    code, _, err = repo.run(TEST, "dtd", 1)
    assert code == 2 and "was tested before" in err


def test_failure_of_training_is_passed_on(repo):
    code, _, err = repo.run(TRAIN, "dtd", 1, "STUB.FAIL", "RAdaCoOp")
    assert code == 1 and "the stub fails" in err
    assert not (repo.folder("train_base", "dtd") / "results.json").exists()


@pytest.mark.parametrize("dataset", ["digits", "blueprints_plain"])
def test_embedded_sets_use_their_own_config(repo, dataset):
    repo.run(TRAIN, dataset, 3, "CoOp")
    repo.run(TRAIN, dataset, 3, "CoOp", CFG="rn50", SHOTS="4")
    assert "configs/trainers/CoOp/world.yaml" in repo.calls()[0]
    assert f"{dataset}/shots_4/CoOp/rn50/seed3" in repo.calls()[1]


def test_works_from_any_folder_with_relative_paths_of_the_caller(repo, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    code, _, _ = repo.run(TRAIN, "dtd", 1, cwd=elsewhere, DATA="my data", OUTPUT="out")
    assert code == 0 and f"--root {elsewhere}/my data " in repo.calls()[0]
    assert list(elsewhere.glob("out/base2new/train_base/dtd/shots_16/*/*/seed1/results.json"))
    repo.run(TRAIN, "dtd", 1, cwd=elsewhere)
    assert repo.calls()[1].startswith("--root ./data ")
    assert (repo.folder("train_base", "dtd") / "results.json").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["dtd"], "usage: base2new_train.sh DATASET SEED [TRAINER] [KEY VALUE ...]"),
        (["dtd", "one"], 'the seed must be a positive integer, got "one"'),
        (["dtd", "0"], 'the seed must be a positive integer, got "0"'),
        (["dtd", "1", "OPTIM.LR"], "options are pairs KEY VALUE, got: OPTIM.LR"),
        (["dtd", "1", "DATASET.NUM_SHOTS", "4"], "set SHOTS=4 instead of DATASET.NUM_SHOTS"),
        (["dtd", "1", "DATASET.SUBSAMPLE_CLASSES", "new"], "DATASET.SUBSAMPLE_CLASSES is set by"),
    ],
)
def test_mistakes_end_in_one_line_and_exit_code_2(repo, arguments, complaint):
    code, out, err = repo.run(TRAIN, *arguments)
    assert (code, out, err.count("\n"), repo.calls()) == (2, "", 1, [])
    assert err.startswith(f"error: {complaint}")
