"""Training on a source and testing elsewhere: xd_train.sh, xd_test.sh and the two sweeps."""

import pytest

TRAIN, TEST = "xd_train.sh", "xd_test.sh"
CROSS, SHIFTS = "cross_dataset.sh", "domain_generalization.sh"
RUN = "shots_16/CoOp/vit_b16_ctxv1/seed1"


def test_one_training_serves_all_tests(repo):
    assert repo.run(TRAIN, 1, "CoOp", "OPTIM.LR", "0.1")[0] == 0
    for dataset in ("dtd", "imagenet_a"):
        assert repo.run(TEST, dataset, 1, "CoOp", "OPTIM.LR", "0.1")[0] == 0
    source = f"output/transfer/train_source/imagenet/{RUN}"
    options = "DATASET.NUM_SHOTS 16 DATASET.SUBSAMPLE_CLASSES all OPTIM.LR 0.1"
    train, dtd, shift = repo.calls()
    assert train.endswith(f"--output-dir {source} {options}")
    assert "--dataset-config-file configs/datasets/imagenet.yaml" in train
    assert "--dataset-config-file configs/datasets/imagenet_a.yaml" in shift
    assert dtd.endswith(
        f"--output-dir output/transfer/test_target/dtd/{RUN} "
        f"--model-dir {source} --eval-only {options}"
    )


def test_a_test_needs_its_training_and_says_how_to_make_it(repo):
    code, _, err = repo.run(TEST, "dtd", 1, "CoOp", "A.B", "2")
    assert (code, repo.calls()) == (2, [])
    assert err == (
        f"error: no finished training in output/transfer/train_source/imagenet/{RUN}; "
        "first run bash scripts/rada/xd_train.sh 1 CoOp A.B 2\n"
    )
    settings = {"SOURCE": "blueprints", "REHEARSE": "1", "SHOTS": "4", "OUTPUT": "my runs"}
    _, _, err = repo.run(TEST, "digits", 1, **settings)
    assert err.endswith(
        "run REHEARSE=1 SOURCE=blueprints SHOTS=4 OUTPUT='my runs' "
        "bash scripts/rada/xd_train.sh 1 RAdaCoOp\n"
    )


def test_another_source_has_its_own_folder_and_config(repo):
    """The config is the source's for every target: the model is trained with it."""
    (repo.root / "configs/trainers/CoOp/world_transfer.yaml").touch()
    repo.run(TRAIN, 1, "CoOp", SOURCE="blueprints")
    code, _, _ = repo.run(TEST, "dtd", 1, "CoOp", SOURCE="blueprints")
    assert code == 0
    assert repo.finished() == {
        f"transfer_from_blueprints/{part}/shots_16/CoOp/world_transfer/seed1"
        for part in ("train_source/blueprints", "test_target/dtd")
    }


def test_cross_dataset_trains_once_and_tests_the_other_benchmarks(repo):
    code, out, _ = repo.run(CROSS, "1", "CoOp,RAdaCoOp")
    assert code == 0 and len(repo.calls()) == 2 * 3
    table = out[out.index("16 shots, trained on imagenet") :]
    rows = [line.split()[0] for line in table.splitlines() if "+1.0" in line]
    assert rows == ["imagenet", "caltech101", "dtd", "average"]
    code, out, _ = repo.run(SHIFTS, "1", "CoOp")
    assert code == 0 and len(repo.calls()) == 2 * 3 + 2
    assert out.count("Already finished") == 1
    table = out[out.index("16 shots, trained") :]
    assert "imagenetv2" in table and "imagenet_a" in table and "dtd" not in table


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_failed_test_stops_no_other_test(repo, jobs):
    code, out, err = repo.run(CROSS, "1,2", "CoOp", "STUB.FAIL", "caltech101", JOBS=jobs)
    assert code == 1 and len(repo.calls()) == 2 * 3
    failures = [line.split(" (")[0] for line in err.splitlines() if line.startswith("failed: ")]
    assert failures == [
        f"failed: CoOp on caltech101, seed {seed}, from imagenet" for seed in (1, 2)
    ]
    assert "dtd " in out[out.index("16 shots, trained") :]


def test_after_a_failed_training_its_tests_are_not_run(repo):
    words = ("1", "CoOp,RAdaCoOp", "STUB.FAIL", "CoOp")
    code, _, err = repo.run(CROSS, *words, JOBS="2")
    assert (
        code == 1
        and len(repo.calls()) == 1 + 3
        and "3 of 6 runs done, 0 running, 1 failed, 2 left out, 0 waiting" in err
    )
    assert err.count("failed: CoOp on imagenet, seed 1, training (exit code 1)") >= 1
    assert "from imagenet (exit" not in err


def test_embedded_sets_show_a_transfer(repo):
    code, out, _ = repo.run(CROSS, "1", "CoOp", SOURCE="blueprints")
    assert code == 0 and "16 shots, trained on blueprints" in out
    assert "parse_test_res.py output/transfer_from_blueprints\n" in out
    repo.run(CROSS, "1", "CoOp", SOURCE="blueprints", TARGETS="blueprints_plain")
    assert repo.finished() == {
        f"transfer_from_blueprints/{part}/shots_16/CoOp/world/seed1"
        for part in (
            *("train_source/blueprints", "test_target/digits"),
            "test_target/blueprints_plain",
        )
    }


NO_SHIFTS = "the shifts are those of imagenet, not of SOURCE=blueprints; set TARGETS"


@pytest.mark.parametrize(
    ("script", "words", "environment", "complaint"),
    [
        (TRAIN, [], {}, "usage: xd_train.sh SEED [TRAINER] [KEY VALUE ...]"),
        (TRAIN, ["dtd", "1"], {}, 'the seed must be a positive integer, got "dtd"'),
        (TRAIN, ["1", "CoCoOp"], {}, 'no trainer "CoCoOp" (did you mean "CoOp"?)'),
        (TRAIN, ["1"], {"SOURCE": "blueprint"}, 'no dataset "blueprint" (did you mean'),
        (TRAIN, ["1"], {"SOURCE": "imagenetv2"}, "imagenetv2 is a shift of imagenet, for tests"),
        (
            TRAIN,
            ["1"],
            {"CFG": "vit"},
            'no config "vit" for RAdaCoOp; known: rn50, vit_b16_ctxv1, world',
        ),
        (TEST, ["1"], {}, "usage: xd_test.sh DATASET SEED [TRAINER] [KEY VALUE ...]"),
        (TEST, ["imagenet", "1"], {}, "imagenet is the source: choose another dataset to test"),
        (TEST, ["dtd", "1"], {"SOURCE": "tint"}, 'no dataset "tint"'),
        (TEST, ["imagenet_v2", "1"], {}, 'no dataset "imagenet_v2" (did you mean "imagenetv2"?)'),
        (CROSS, ["one", "CoOp"], {}, "seeds are positive integers with commas between"),
        (CROSS, ["1", "CoOp"], {"SHOTS": "1 2"}, 'SHOTS must be a positive integer, got "1 2"'),
        (CROSS, ["1", "CoOp"], {"TARGETS": "imagenet"}, "imagenet is the source: choose"),
        (CROSS, ["1", "CoOp"], {"SOURCE": "tint"}, 'no dataset "tint"'),
        (SHIFTS, ["1", "CoOp"], {"SOURCE": "blueprints"}, NO_SHIFTS),
    ],
)
def test_mistakes_end_in_one_line_and_exit_code_2(repo, script, words, environment, complaint):
    code, out, err = repo.run(script, *words, **environment)
    assert (code, out, err.count("\n"), repo.calls()) == (2, "", 1, [])
    assert err.startswith(f"error: {complaint}")
