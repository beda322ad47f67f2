"""A results.json of another shape is left out with one line; the others make their table."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rada.results_json import read_results

WHOLE = {"trainer": "CoOp", "seed": 1, "metrics": {"accuracy": 50.0}}
WRONG = [
    ({"seconds": {"train": [1]}}, "train: [1] is not a number"),
    ({"learned_parameters": {}}, "learned_parameters: {} is not nothing, or a whole number"),
    ({"opts": 1.5}, "opts: 1.5 is not nothing, or (...) of any number"),
    ({"metrics": {"accuracy": 10**400}}, "accuracy: "),
    ({"metrics": {"accuracy": True}}, "accuracy: True is not a number"),
    ({"metrics": {}}, "no metrics in it"),
    ({"metrics": [1]}, "metrics: [1] is not a mapping"),
    ({"wise_ft": {"a": 1}}, "wise_ft: "),
    ({"wise_ft": [{"coefficient": "x"}]}, "coefficient: "),
    ({"seed": "1"}, 'seed: "1" is not a whole number'),
    ({"trainer": None}, "trainer: "),
]


@pytest.mark.parametrize(("changed", "message"), WRONG)
def test_a_part_of_another_shape_is_named(changed, message, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(WHOLE | changed))
    with pytest.raises(ValueError) as caught:
        read_results(path)
    said = str(caught.value)
    assert message in said and said.startswith(str(path)) and "\n" not in said


@pytest.mark.parametrize("content", ["", "[", "[" * 100_000, "3", "null", "[1]", '"x"'])
def test_no_record_at_all(content, tmp_path):
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(ValueError, match="results.json"):
        read_results(tmp_path / "results.json")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=4), inside),
    max_leaves=6,
)
KEYS = st.sampled_from([*WHOLE, "wise_ft", "opts", "seconds", "learned_parameters", "shots"])


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_whatever_it_holds_it_is_read_or_refused_in_one_line(tmp_path, changed):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(WHOLE | changed))
    try:
        found = read_results(path)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert all(isinstance(value, float) for value in found["metrics"].values())
