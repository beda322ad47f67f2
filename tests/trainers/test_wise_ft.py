"""WiSE-FT: weights between the start of a training and its end."""

import json

import pytest
import torch

from rada.engine.wise_ft import Mixtures
from tests.trainers.test_every_trainer import logits_of
from tests.trainers.test_fine_tuning import BUILD, LAST, SGD, state_of

pytestmark = pytest.mark.numerical


@pytest.mark.parametrize("name", ["FT", "FLYPCE", "RAdaFT", "LinearProbe"])
def test_wise_fts_ends_are_its_two_models(name, run_train, tmp_path):
    steps = ("TRAIN.LOOP", "steps") if name == "LinearProbe" else ()
    rate = () if name == "LinearProbe" else SGD
    trained = run_train(name, tmp_path / "a", "OPTIM.MAX_EPOCH", "2", *LAST, *rate, *steps)
    start = run_train(name, tmp_path / "b", arguments=BUILD)
    load = ("--eval-only", "--model-dir", str(tmp_path / "a"))
    mixed = run_train(name, tmp_path / "c", "TEST.WISE_FT", "(0.0,0.5,1.0)", arguments=load)
    assert torch.equal(logits_of(mixed), logits_of(trained))
    between = run_train(name, tmp_path / "d", arguments=BUILD)
    mixtures = Mixtures(between, str(tmp_path / "a"))
    mixtures.mix(0.0)
    assert torch.equal(logits_of(between), logits_of(start))
    mixtures.mix(0.5)
    for key, end in state_of(trained).items():
        torch.testing.assert_close(state_of(between)[key], (state_of(start)[key] + end) / 2)
    results = json.loads((tmp_path / "c" / "results.json").read_text())
    first, middle, last = results["wise_ft"]
    assert [each["coefficient"] for each in results["wise_ft"]] == [0.0, 0.5, 1.0]
    assert last == {"coefficient": 1.0, **results["metrics"]}
    assert last["accuracy"] == trained.metrics["test/accuracy"]
    assert first.keys() == middle.keys() == last.keys() and "ece" in first


def test_a_training_that_kept_no_start_is_refused(run_train, mistake, tmp_path):
    run_train("RAda", tmp_path / "a", "OPTIM.MAX_EPOCH", "1")
    load = ("--eval-only", "--model-dir", str(tmp_path / "a"))
    error = mistake("RAda", extra=load, opts=("TEST.WISE_FT", "(0.5,)"))
    assert "start.pth.tar" in error and "TRAIN.LOOP steps" in error
