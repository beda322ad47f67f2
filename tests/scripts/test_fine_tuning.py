"""finetune.sh and wise_ft.sh: what they run, in which order, and what they refuse."""

import pytest

CTXV1, SHIFTS = "vit_b16_ctxv1", ("imagenetv2", "imagenet_a")
ALL = "(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,)"


def place(part, dataset, trainer="CoOp", shots="all", config=CTXV1):
    """Folder of a run, below output."""
    return f"finetune/{part}/{dataset}/shots_{shots}/{trainer}/{config}/seed1"


@pytest.fixture
def things(repo):
    """The repository with all shifts, those of the embedded set too."""
    for name in ("imagenet_r", "imagenet_sketch", "objectnet", "things", "things_v2"):
        (repo.root / f"configs/datasets/{name}.yaml").touch()
    for name in ("r", "a", "sketch", "objects"):
        (repo.root / f"configs/datasets/things_{name}.yaml").touch()
    return repo


def test_a_training_on_everything_then_its_shifts_then_the_row(things):
    code, out, _ = things.run("finetune.sh", "imagenet", 1, "CoOp,RAdaCoOp", "A.B", "2")
    calls = things.calls()
    assert code == 0 and len(calls) == 2 * 6
    assert calls[0].endswith(
        f"--output-dir output/{place('train_tuned', 'imagenet')} "
        "DATASET.NUM_SHOTS -1 DATASET.SUBSAMPLE_CLASSES all A.B 2"
    )
    assert calls[1].endswith(
        f"--output-dir output/{place('test_shifted', 'imagenetv2')} "
        f"--model-dir output/{place('train_tuned', 'imagenet')} --eval-only "
        "DATASET.NUM_SHOTS -1 DATASET.SUBSAMPLE_CLASSES all DATASET.TRAINED_NAMES True A.B 2"
    )
    table = out[out.index("fine-tuned on imagenet, all training pictures") :].splitlines()
    assert table[2].split()[:6] == [
        *("imagenet", "(source)", "imagenetv2", "imagenet_r", "imagenet_a", "imagenet_sketch")
    ]
    assert table[4].split() == ["CoOp", *["61.0"] * 7]
    assert table[5].split() == ["RAdaCoOp", *["62.0"] * 7]


def test_a_finished_part_is_not_run_again(things):
    assert things.run("finetune_train.sh", "things", 1, "CoOp")[0] == 0
    assert things.run("finetune.sh", "things", 1, "CoOp")[0] == 0
    assert len(things.calls()) == 6 and "configs/trainers/CoOp/world.yaml" in things.calls()[0]


def test_a_config_of_the_protocol_is_taken(things):
    (things.root / f"configs/trainers/CoOp/{CTXV1}_finetune.yaml").touch()
    assert things.run("finetune_train.sh", "dtd", 1, "CoOp", SHOTS="4")[0] == 0
    folder = place("train_tuned", "dtd", shots=4, config=f"{CTXV1}_finetune")
    assert things.finished() == {folder}


def test_mixtures_of_everything_that_was_tested(things):
    code, out, err = things.run("wise_ft.sh", "things", 1, "CoOp")
    mixed = [call for call in things.calls() if "test_mixed" in call.split("--model-dir")[0]]
    assert len(things.calls()) == 1 + 6 and len(mixed) == 6
    assert all(call.endswith(f"DATASET.TRAINED_NAMES True TEST.WISE_FT {ALL}") for call in mixed)
    assert code == 0 and "no finished mixture" in err  # the stub writes no accuracy_at_a


def test_other_coefficients(things):
    things.run("finetune_train.sh", "things", 1, "CoOp")
    assert things.run("wise_ft_test.sh", "things_v2", 1, "CoOp", ALPHAS="0,0.5 1")[0] == 0
    assert things.calls()[1].endswith("TEST.WISE_FT (0.0, 0.5, 1.0,)")


def test_several_processes_share_a_training_only(things):
    """By torchrun: the stub notes its own arguments, of which torchrun takes none."""
    things.note_processes()
    assert things.run("finetune_train.sh", "things", 1, "CoOp", NPROC="1")[0] == 0
    assert things.run("finetune_test.sh", "things_v2", 1, "CoOp", NPROC="2")[0] == 0
    assert things.processes() == "11"
    things.run("finetune_train.sh", "things", 2, "CoOp", NPROC="2")
    assert things.processes() == "1122"


@pytest.mark.parametrize(
    "script, words, settings, message",
    [
        ("finetune_train.sh", ("imagenet_a", 1), {}, "imagenet_a is a shift of imagenet: train on"),
        ("finetune.sh", ("things_v2", 1, "CoOp"), {}, "things_v2 is a shift of things: train on"),
        ("finetune_test.sh", ("dtd", 1, "CoOp"), {}, "dtd is no shift of a dataset"),
        ("finetune_train.sh", ("dtd", 1, "CoOp"), {"SHOTS": "x"}, "SHOTS must be a positive"),
        ("finetune_train.sh", ("dtd", 1, "CoOp"), {"NPROC": "0"}, "NPROC must be a positive"),
        ("finetune.sh", ("dtd", 1, "CoOp"), {"NPROC": "0"}, "NPROC must be a positive"),
        ("wise_ft.sh", ("dtd", 1, "CoOp"), {"ALPHAS": "2"}, "ALPHAS must be numbers from 0 to 1"),
        ("wise_ft.sh", ("dtd", 1, "CoOp"), {"ALPHAS": "a"}, "ALPHAS must be numbers from 0 to 1"),
        ("finetune.sh", ("dtd", 1, "NoOp"), {}, 'no trainer "NoOp" (did you mean "CoOp"?)'),
        ("wise_ft_test.sh", ("dtd", 1, "CoOp", "TEST.WISE_FT", "1"), {}, "set ALPHAS=1 instead of"),
        (
            *("finetune_test.sh", ("things_a", 1, "CoOp"), {"SHOTS": "4"}),
            "first run SHOTS=4 bash scripts/rada/finetune_train.sh things 1 CoOp",
        ),
    ],
)
def test_mistakes(script, words, settings, message, things):
    code, _, err = things.run(script, *words, **settings)
    assert code == 2 and things.calls() == []
    assert err.startswith("error: ") and message in err and err.count("\n") == 1
