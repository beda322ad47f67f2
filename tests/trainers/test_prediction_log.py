"""Predictions kept on disk: what is read back, and what is refused."""

import json

import pytest

from rada.engine.metrics import Prediction
from rada.test_time.prediction_log import PredictionLog

MADE_WITH = {"seed": "1"}
PREDICTION = Prediction(label=0, prediction=1, in_top5=True, confidence=0.5)


@pytest.fixture
def path(tmp_path):
    """Of the finished file; an unfinished one with a prediction is there."""
    path = tmp_path / "predictions_test.jsonl"
    log = PredictionLog(path, MADE_WITH, 2)
    log.add("a.jpg", PREDICTION)
    log.close()
    return path


def test_answers_are_read_back(path):
    log = PredictionLog(path, MADE_WITH, 2)
    log.close()
    assert log.predictions == {("a.jpg", 0): PREDICTION}


def test_seconds_go_on_where_they_were(path, monkeypatch):
    """Time between the parts of a test does not count."""
    now = [100.0]
    monkeypatch.setattr("rada.test_time.prediction_log.time.monotonic", lambda: now[0])
    path.with_name(f"{path.name}.part").unlink()
    for seconds in (5.0, 2.0):
        log = PredictionLog(path, MADE_WITH, 2)
        now[0] += seconds
        log.add(f"{seconds}.jpg", PREDICTION)
        log.close()
        now[0] += 1000
    log = PredictionLog(path, MADE_WITH, 2)
    keys = [("5.0.jpg", 0), ("2.0.jpg", 0)]
    log.finish(keys)
    lines = path.read_text().splitlines()[1:]
    assert [json.loads(line)["path"] for line in lines] == ["5.0.jpg", "2.0.jpg"]
    assert log.seconds_before == 7.0


CHANGES = [
    *({"label": "0"}, {"path": [1]}, {"in_top5": 1}, {"prediction": None}),
    *({"confidence": None}, {"confidence": float("nan")}, {"seconds": "1"}, {"label": 2}),
    *({"prediction": -1}, {"prediction": 2}, {"prediction": 0.5}, {"confidence": 7.0}),
    *({"confidence": -0.1}, {"seconds": -1.0}, {"label": True}, {"path": "a\0"}),
]


DAMAGED = ["{broken", "[]", "3", "null", "[" * 99_999, "\udcff\udcfe"]


@pytest.mark.parametrize("wrong", DAMAGED + CHANGES, ids=lambda wrong: str(wrong)[:9])
def test_a_damaged_file_is_named(wrong, path):
    """No JSON, or of another shape: a line of predictions, or the header."""
    part = path.with_name(f"{path.name}.part")
    header, good = part.read_text().splitlines()
    if isinstance(wrong, dict):
        contents = [[header, json.dumps(json.loads(good) | wrong)]]
    else:
        contents = [[header, good, wrong], [wrong]]
    for lines in [*contents, [header, "{}"]]:
        part.write_text("\n".join(lines) + "\n", errors="surrogateescape")
        with pytest.raises(
            ValueError, match="part, line .: .*; remove the file to test from the start"
        ):
            PredictionLog(path, MADE_WITH, 2)


def test_a_file_of_other_settings_is_refused(path):
    with pytest.raises(ValueError, match="part was made with seed = 1, this run has 2"):
        PredictionLog(path, {"seed": "2"}, 2)
