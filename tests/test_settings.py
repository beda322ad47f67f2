"""Every key of the config: declared, documented, and closed to what it cannot be."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dassl.data.transforms import AVAI_CHOICES
from dassl.optim.lr_scheduler import AVAI_SCHEDS
from dassl.optim.optimizer import AVAI_OPTIMS
from rada import settings_page
from rada.data.registry import dataset_class
from rada.engine.config import defaults_of
from rada.engine.registry import registered
from rada.kinds import Flag, Kind, Number, OneOf, Several, Text, Whole, decoded
from rada.settings import Setting
from tests.refused import error_of

OURS = registered()
TABLES = {name: defaults_of(cls, dataset_class("custom"))[1] for name, cls in OURS.items()}
ALL = {key: setting for table in TABLES.values() for key, setting in table.settings.items()}
# of Dassl's own methods; their type is all that is known
DECLARED = {key: setting for key, setting in ALL.items() if setting.help}
SECTIONS = {f"TRAINER.{cls.section}" for cls in OURS.values()} | {"TRAINER.NAME"}
SECTIONS |= {f"TRAINER.{node}" for cls in OURS.values() for node in cls.declared()["TRAINER"]}

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
NO_NUMBER = st.one_of(WORDS.filter(lambda word: isinstance(decoded(word), str)), st.booleans())
STRANGE = st.sampled_from([float("nan"), float("inf"), float("-inf"), None, {}, (), 10**400, 1j])


def outside(kind: Kind) -> st.SearchStrategy:
    """Values that a kind does not allow."""
    if isinstance(kind, Number):
        found = [NO_NUMBER, STRANGE, st.just((1, 2))]
        if isinstance(kind, Whole):
            found += [st.floats(-1e6, 1e6).filter(lambda value: value != int(value))]
            found += [st.just(2)] if kind.odd else []
        ends = [kind.least, kind.above], [kind.most, kind.below]
        for end in filter(lambda end: end is not None, ends[0]):
            found += [st.integers(max_value=int(end) - 1), st.floats(max_value=end - 1e-3)]
        for end in filter(lambda end: end is not None, ends[1]):
            found += [st.integers(min_value=int(end) + 1), st.floats(min_value=end + 1e-3)]
        found += [st.just(end) for end in (kind.above, kind.below) if end is not None]
        return st.one_of(found)
    if isinstance(kind, OneOf):
        return st.one_of(
            WORDS.filter(lambda word: word not in kind.choices), st.integers(), STRANGE
        )
    if isinstance(kind, Flag):
        return st.one_of(WORDS.filter(lambda w: w.strip() not in ("True", "False")), st.integers())
    if isinstance(kind, Text):
        return st.one_of(st.integers(), st.booleans(), STRANGE, st.just("a\0b"))
    assert isinstance(kind, Several)
    one = outside(kind.of).filter(lambda value: value != ())
    several = st.lists(one, min_size=1, max_size=4).map(tuple)
    return st.one_of(several, NO_NUMBER, st.integers())


def test_every_key_is_declared_with_a_line_of_help():
    missing = {key for key in ALL.keys() - DECLARED.keys() if key.startswith(tuple(SECTIONS))}
    missing |= {key for key in ALL.keys() - DECLARED.keys() if not key.startswith("TRAINER.")}
    assert not missing and len(DECLARED) > 250
    assert not {key for key, setting in DECLARED.items() if "\n" in setting.help}


@pytest.mark.parametrize("key", ALL)
def test_a_default_is_allowed_and_stays_what_it_is(key):
    setting = ALL[key]
    empty = setting.default in ("", ()) and key in ("OUTPUT_DIR", "OPTIM.STEPSIZE")
    taken = setting.default if empty else setting.taken(setting.default)
    assert taken == setting.default and isinstance(taken, type(setting.default) | float)


@pytest.mark.parametrize("key", DECLARED)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_key_takes_a_value_outside_of_its_range(key, data):
    """In one line that names the key and what is allowed."""
    name = next(name for name, table in TABLES.items() if key in table.settings)
    value = data.draw(outside(DECLARED[key].kind))
    with pytest.raises(ValueError) as caught:
        TABLES[name].taken(key, value, "here")
    said = str(caught.value)
    assert said.startswith(f"here: {key} is ") and DECLARED[key].kind.words() in said
    assert said.isprintable() and len(said) < 700


@settings(max_examples=200, deadline=None)
@given(text=WORDS)
@pytest.mark.parametrize("key", ["DATASET.CUSTOM.FOLDER", "TRAINER.COOP.CTX_INIT", "OUTPUT_DIR"])
def test_a_string_stays_a_string(key, text):
    for value in (text, "2024", "{}", "(1, 2)", "None", "'quoted'", "1e5"):
        if value.strip():
            assert ALL.get(key, ALL["OUTPUT_DIR"]).taken(value) == value


def test_choices_are_those_of_the_toolbox():
    assert set(ALL["OPTIM.NAME"].kind.choices) == set(AVAI_OPTIMS)
    assert set(ALL["OPTIM.LR_SCHEDULER"].kind.choices) == set(AVAI_SCHEDS)
    assert set(ALL["INPUT.TRANSFORMS"].kind.of.choices) == set(AVAI_CHOICES)


REFUSED = [
    ("OPTIM.MAX_EPOCH", "-3"),
    ("OPTIM.MAX_EPOCH", "0"),
    ("TEST.SPLIT", "foo"),
    ("TEST.FINAL_MODEL", "foo"),
    ("OPTIM.WARMUP_EPOCH", "100"),
    ("OUTPUT_DIR", ""),
    ("TRAIN.PRINT_FREQ", "0"),
    ("INPUT.SIZE", "(32,)"),
    ("OPTIM.LR.X", "1"),
    ("OPTIM", "3"),
    ("TRAINER.COOP.N_CTX", "-1"),
    ("INPUT.RRCROP_SCALE", "(2, 3)"),
    ("INPUT.RRCROP_SCALE", "(0.9, 0.1)"),
    ("OPTIM.STEPSIZE", "(-1, -2)"),
    ("OPTIM.STEPSIZE", "()"),
    ("OPTIM.LR", "1e30"),
    ("DATALOADER.TRAIN_X.BATCH_SIZE", "1" * 5000),
    ("SEED", "(" * 5000),
]


@pytest.mark.parametrize(("key", "value"), REFUSED)
def test_the_command_ends_in_one_line_that_names_the_key(key, value, tmp_path, capsys):
    words = ["--trainer", "CoOp", "--dataset-config-file", "configs/datasets/tints.yaml"]
    words += ["--config-file", "configs/trainers/CoOp/world.yaml", "--root", str(tmp_path)]
    words += ["--output-dir", str(tmp_path / "out"), "TRAINER.COOP.CTX_INIT", "a", key, value]
    error = error_of(words, capsys)
    assert key.removesuffix(".X") in error and len(error) < 400
    assert not (tmp_path / "out").exists()


def test_conventions_of_coop_and_dassl_stay():
    for key, value in (("DATASET.NUM_SHOTS", "-5"), ("DATASET.NUM_SHOTS", "0"), ("SEED", "-7")):
        assert ALL[key].taken(value) == int(value)
    assert ALL["INPUT.SIZE"].taken("(32, 48)") == (32, 48) == ALL["INPUT.SIZE"].taken([32, 48])
    assert ALL["OPTIM.LR"].taken("2e-3") == 0.002 and ALL["OPTIM.LR"].taken(1) == 1.0


def test_a_default_without_a_kind_has_its_type():
    """As users' own trainers may declare theirs."""
    table = defaults_of(type("Mine", (OURS["CoOp"],), {"settings": {"A": 1, "PREC": "fp32"}}))[1]
    assert table.taken("TRAINER.COOP.A", "2", "here") == 2
    with pytest.raises(ValueError, match='TRAINER.COOP.A is "x"; it is a whole number'):
        table.taken("TRAINER.COOP.A", "x", "here")


def test_the_page_is_what_the_code_declares():
    """`rada settings --docs > docs/settings.md` makes it anew."""
    page = "\n".join(settings_page.page()) + "\n"
    assert Path("docs/settings.md").read_text(encoding="utf-8") == page
    rows = re.findall(r"^\| ([A-Z][\w.]+) \|", page, re.M)
    assert len(rows) == len(set(rows)) > 200


def test_the_tables_on_the_terminal(capsys):
    assert settings_page.cli([]) == 0 and "OPTIM.LR " in capsys.readouterr().out
    assert settings_page.cli(["RAdaCoOp"]) == 0
    out = capsys.readouterr().out
    assert "TRAINER.RADA.ALPHA" in out and "TRAINER.COOP.N_CTX" in out and "MCD" not in out
    assert settings_page.cli(["RAdaKgCoop"]) == 2
    assert 'did you mean "RAdaKgCoOp"' in capsys.readouterr().err


def test_a_setting_says_what_it_is():
    assert isinstance(ALL["OPTIM.LR"], Setting)
    assert ALL["OPTIM.LR"].kind.words() == "a number, at least 0 and at most 1,000"
