"""YAML files from outside: whatever is in them, pairs by dotted key or one line that says where."""

import os
import string

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rada.yaml_files import MOST, read_yaml
from tests.refused import error_of


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("yaml") / "x.yaml"


def read(path, content: str | bytes) -> dict:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return {key: placed.value for key, placed in read_yaml(str(path)).items()}


WHOLE = [
    ("", {}),
    ("# nothing\n", {}),
    ("OPTIM:\n  LR: 2e-3\nSEED: 1\n", {"OPTIM.LR": "2e-3", "SEED": 1}),
    ("OPTIM:\n#  LR: 1\n", {"OPTIM": None}),
    ("OPTIM: {}\n", {}),
    ("\ufeffSEED: 1\n", {"SEED": 1}),
    ("INPUT:\n  SIZE: (32, 32)\n  PIXEL_MEAN: [1, 2, 3]\n", {"INPUT.SIZE": "(32, 32)"}),
    ("A: &a\n  B: 1\nC:\n  <<: *a\n  D: 2\n", {"A.B": 1, "C.B": 1, "C.D": 2}),
    ("A: '2024'\nB: \"{}\"\n", {"A": "2024", "B": "{}"}),
]


@pytest.mark.parametrize(("content", "expected"), WHOLE)
def test_pairs_by_dotted_key(content, expected, path):
    found = read(path, content)
    assert expected.items() <= found.items() and (expected or not found)


DEEP = "[" * 20_000
ENDLESS = "A: &a\n  B: *a\n"
LAUGHS = "A: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new.lower()} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip(string.ascii_lowercase, string.ascii_uppercase[1:9], strict=False)
)
BROKEN = [
    ("A: [1,\n", "line 2: while parsing a flow node"),
    ("A:\n\t- 1\n", "line 2: while scanning"),
    ("- 1\n- 2\n", "line 1: it holds no KEY: VALUE pairs"),
    ("hello\n", "line 1: it holds no KEY: VALUE pairs"),
    ("3\n", "line 1: it holds no KEY: VALUE pairs"),
    ("A: *x\n", "line 1: found undefined alias"),
    ('A: !!python/object/apply:os.system ["true"]\n', "line 1: could not determine a constructor"),
    ("A: 1\n---\nB: 2\n", "line 2: expected a single document"),
    ("A: 1\nOPTIM:\n  1: 2\n", "line 3: the key OPTIM.1 is no name"),
    ("~: 2\n", "line 1: the key ~ is no name"),
    ('"A\\nB": 1\n', "line 1: the key A?B is no name"),
    ('A:\n  "\\e[2J": 1\n', "line 2: the key A.?[2J is no name"),
    ("? [a, b]\n: 1\n", "line 1: the key of several parts is no name"),
    ("A: 1\nB: 2\nA: 3\n", "line 3: A stands there twice"),
    ("A:\n  B: 2\n  B: 3\n", "line 3: A.B stands there twice"),
    ("A: " + DEEP, "nested too deep"),
    (ENDLESS, f"line 1: more than {MOST:,} values, or one inside of itself"),
    ("A: &a [*a]\n", f"line 1: more than {MOST:,} values, or one inside of itself"),
    (LAUGHS, f"line 1: more than {MOST:,} values"),
    (b"A: \xff\n", "no UTF-8 text (byte 3)"),
    ("A: \0\n", "special characters are not allowed"),
    ("A: 2026-99-99\n", "line 1: month must be in 1..12"),
    ("# " + "x" * 2_000_000, "larger than"),
    ("<<: 1\n", "line 1: while constructing a mapping expected"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN)
def test_a_broken_file_is_told_in_one_line(content, message, path):
    with pytest.raises(ValueError) as caught:
        read(path, content)
    said = str(caught.value)
    assert message in said and str(path) in said and "\n" not in said


KEYS = st.one_of(
    st.text(max_size=8), st.integers(), st.none(), st.sampled_from(["OPTIM", "LR", "<<"])
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.dates()
)
TREES = st.recursive(
    LEAVES, lambda inside: st.lists(inside) | st.dictionaries(KEYS, inside), max_leaves=15
)
FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def either_way(path, content: bytes) -> None:
    """It is read, or refused in one line."""
    try:
        found = read(path, content)
    except ValueError as error:
        assert str(path) in str(error) and "\n" not in str(error), error
    else:
        assert all(isinstance(key, str) and key for key in found)


@FUZZ
@given(TREES)
def test_any_tree(path, tree):
    either_way(path, yaml.safe_dump(tree, allow_unicode=True).encode())


@FUZZ
@given(st.text(st.sampled_from("AB:-[]{}&*!|>'\"?%@`#,<\n\t 01~"), max_size=60))
@example("? a\n")
def test_any_text(path, text):
    either_way(path, text.encode())


@FUZZ
@given(st.binary(max_size=40))
def test_any_bytes(path, content):
    either_way(path, content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("TRAINER: x\n", "line 1: TRAINER has keys of its own ("),
        (
            "DATASET:\n  NAME: 3\n",
            "line 2: DATASET.NAME is 3 (put quotes around it to make it text)",
        ),
        ("OPTIM:\n  LR:\n    X: 1\n", "line 3: unknown config key OPTIM.LR.X"),
        ("OPTIM:\n  LR: [1]\n", "line 2: OPTIM.LR is [1]; it is a number"),
        ("OPTIM: \n  LR: -1\n", "line 2: OPTIM.LR is -1; it is a number, at least 0"),
        ("OPTIM: 7\n", "line 1: OPTIM has keys of its own"),
    ],
)
def test_what_parses_into_another_shape_ends_in_one_line(content, message, tmp_path, capsys):
    (tmp_path / "x.yaml").write_text(content)
    words = ["--trainer", "CoOp", "--dataset-config-file", "configs/datasets/tints.yaml"]
    words += ["--config-file", str(tmp_path / "x.yaml"), "--root", str(tmp_path)]
    assert f"x.yaml, {message}" in error_of([*words, "--output-dir", str(tmp_path / "o")], capsys)
    assert os.listdir(tmp_path) == ["x.yaml"]
