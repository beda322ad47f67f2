"""Rehearsals: never beside real runs, and marked in every format."""

import json

import pytest

from parse_test_res import main
from rada.experiments.report import FORMATS, report
from rada.rehearsal import REHEARSAL


@pytest.fixture
def rehearsed(experiment):
    for trainer in ("CoOp", "RAdaCoOp"):
        experiment.pair("dtd", trainer, 1, 33.0, 22.0, rehearsal=True)
    return experiment


@pytest.mark.parametrize("style", FORMATS)
def test_only_rehearsals_make_a_marked_table(rehearsed, style):
    out, err = report(rehearsed.root, style)
    assert "33.0" in out and REHEARSAL in out + err
    if style == "csv":
        assert all(",rehearsal " in line for line in out.splitlines()[1:])
    elif style == "json":
        assert json.loads(out)["rehearsal"] == REHEARSAL
    else:  # heading, corners of both tables: in LaTeX the heading is a comment
        assert out.count("REHEARSAL") == 3


def test_real_runs_are_shown_alone(rehearsed):
    rehearsed.pair("dtd", "CoOp", 2, 44.0, 44.0)
    text = report(rehearsed.root)[0]
    assert "44.0" in text and "33.0" not in text and "RAdaCoOp - CoOp" not in text
    assert text.count(": a rehearsal") == 4 and REHEARSAL not in text
    data = json.loads(report(rehearsed.root, "json")[0])
    assert "rehearsal" not in data
    assert sum(reason.endswith(": a rehearsal") for reason in data["skipped"]) == 4


def test_a_log_that_calls_itself_a_rehearsal_is_no_real_run(experiment, write_log):
    experiment.pair("dtd", "CoOp", 1, 44.0, 44.0)
    folder = experiment.folder("base", "dtd", "CoOp", 2)
    write_log(folder, 33.0)
    log = folder / "log.txt"
    log.write_text("REHEARSAL: these numbers mean nothing\n" + log.read_text())
    text = report(experiment.root)[0]
    assert "33.0" not in text and f"skipped: {folder}: a rehearsal" in text


def test_papers_numbers_are_not_put_beside_it(rehearsed):
    with pytest.raises(ValueError, match="a rehearsal compares with nothing"):
        report(rehearsed.root, published=True)


def test_the_folder_above_names_where_the_tables_are(rehearsed, tmp_path, monkeypatch):
    rehearsed.root.rename(tmp_path / "rehearsal")
    (tmp_path / "output/few_shot/train_all").mkdir(parents=True)
    (tmp_path / "rehearsal").rename(tmp_path / "output/base2new")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="try output/base2new or output/few_shot; nothing"):
        main(["output"])
    with pytest.raises(FileNotFoundError, match="try output/base2new or output/few_shot; nothing"):
        main(["."])
