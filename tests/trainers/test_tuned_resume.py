"""Tests at test time that were interrupted: nothing is lost, and nothing is made twice."""

import json

import pytest

from rada.engine.registry import registered
from tests.trainers.adapting import predictions


@pytest.mark.parametrize("name", ["TPT", "RAdaTPTPretrained", "PromptAlign"])
def test_an_interrupted_test_goes_on_at_the_next_picture(name, adapt, tmp_path, monkeypatch):
    adapt(name, tmp_path / "whole")
    expected = predictions(tmp_path / "whole")
    cls, calls = registered()[name], []
    infer = cls.model_inference

    def stops(self, views):
        calls.append(len(views))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return infer(self, views)

    monkeypatch.setattr(cls, "model_inference", stops)
    with pytest.raises(KeyboardInterrupt):
        adapt(name, tmp_path / "cut")
    part = tmp_path / "cut" / "predictions_test.jsonl.part"
    assert not (tmp_path / "cut" / "results.json").exists()
    lines = part.read_text().splitlines(keepends=True)
    lines[-2] = json.dumps(json.loads(lines[-2]) | {"seconds": 500.0}) + "\n"
    part.write_text("".join(lines[:-1]) + '{"path": "half a li')  # killed while writing
    adapt(name, tmp_path / "cut")
    assert predictions(tmp_path / "cut") == expected
    assert sum(calls) == len(expected) + 6  # the batches that were not written whole, again
    results = [
        json.loads((tmp_path / run / "results.json").read_text()) for run in ("whole", "cut")
    ]
    assert results[0]["metrics"] == results[1]["metrics"]
    whole, cut = (next(iter(result["seconds"].values())) for result in results)
    assert whole < 400 and 500 < cut < 900


def test_a_test_that_died_before_its_results_is_not_made_again(adapt, tmp_path, monkeypatch):
    """With the same settings; with others it is made anew, as nothing was left half done."""
    adapt("TPT", tmp_path)
    expected, results = predictions(tmp_path), tmp_path / "results.json"
    metrics = json.loads(results.read_text())["metrics"]
    results.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(registered()["TPT"], "model_inference", None)
        adapt("TPT", tmp_path)
    assert predictions(tmp_path) == expected
    assert json.loads(results.read_text())["metrics"] == metrics
    results.unlink()
    adapt("TPT", tmp_path, "TEST.STEPS", "0")
    assert predictions(tmp_path) != expected
