"""What is printed: all formats, notes about what is missing or left out, quoted numbers."""

import csv
import io
import json

import pytest

from rada.experiments.report import report


def test_simple_table_line_by_line(experiment):
    for seed, base in ((1, 80.0), (2, 84.0)):
        experiment.pair("dtd", "ZeroshotCLIP", seed, base, 60.0)
    experiment.add("base", "dtd", "RAda", 1, 83.0)
    lines = report(experiment.root)[0].splitlines()
    assert lines[:8] == [
        "16 shots",
        "",
        "                     ZeroshotCLIP              RAda      RAda - ZeroshotCLIP",
        "                   Base        New    HM  Base  New  HM        Base  New  HM",
        "------------  ---------  ---------  ----  ----  ---  --  ----------  ---  --",
        "dtd           82.0 ±2.0  60.0 ±0.0  69.3  83.0    -   -        +3.0    -   -",
        "------------  ---------  ---------  ----  ----  ---  --  ----------  ---  --",
        "average of 1  82.0 ±2.0  60.0 ±0.0  69.3  83.0    -   -        +3.0    -   -",
    ]
    assert "missing: RAda on dtd: train_base seed 2; test_new seed 1, 2" in lines


def test_notes_name_what_is_missing_and_what_was_left_out(two_trainers):
    two_trainers.add("base", "dtd", "MaPLe", 1, 99.0, rehearsal=True)
    two_trainers.add("base", "dtd", "MaPLe", 2, 99.0).joinpath("results.json").write_text("{")
    text = report(two_trainers.root)[0]
    assert "missing: RAdaCoOp on ucf101: test_new seed 2" in text
    assert f"unfinished (no results.json): {two_trainers.root}/test_new/ucf101" in text
    assert f"skipped: {two_trainers.root}/train_base/dtd" in text and ": a rehearsal" in text
    assert "MaPLe/vit_b16_ctxv1/seed2/results.json: broken JSON" in text
    assert "99.0" not in text


def test_costs_and_options(two_trainers):
    two_trainers.add("new", "dtd", "CoOp", 2, 60.0, opts=["OPTIM.LR", "0.1"])
    text = report(two_trainers.root)[0]
    assert [line.split() for line in text.splitlines() if "8,192" in line] == [
        ["CoOp", "8,192", "4.5"]
    ]
    assert "CoOp: its runs were made with different options: OPTIM.LR 0.1 | none" in text


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ({"seed": 7}, "its seed is 7, its folder says 1"),
        ({"classes": "all"}, "its classes is all, its folder says new"),
        (
            {"metrics": {"accuracy": float("nan")}},
            "metrics: accuracy: nan is not a number; remove ",
        ),
        ({"metrics": []}, "metrics: [] is not a mapping to a number each; remove "),
    ],
)
def test_results_that_cannot_be_right_are_skipped(two_trainers, extra, complaint):
    folder = two_trainers.add("new", "eurosat", "CoOp", 1, 50.0, **extra)
    text = report(two_trainers.root)[0]
    assert f"skipped: {folder}/results.json: {complaint}" in text


def test_folders_with_only_a_log(experiment, write_log):
    """Read after "Finish training" only, from the latest log, and marked."""
    experiment.add("base", "dtd", "CoOp", 1, 70.0)
    done = experiment.folder("base", "dtd", "CoOp", 2)
    write_log(done, 50.0, finished=False)
    write_log(done, 80.0, name="log.txt-2026-01-01-00-00-00")
    write_log(experiment.folder("base", "ucf101", "CoOp", 1), 90.0, finished=False)
    write_log(experiment.folder("new", "dtd", "CoOp", 1), 60.0, trained=False)
    text = report(experiment.root)[0]
    assert "75.0 ±5.0*" in text and "60.0*" in text and "90.0" not in text
    assert "* CoOp: 2 runs read from log.txt" in text
    assert "unfinished (no results.json)" in text and "ucf101" in text
    assert report(experiment.root, keyword="macro_f1")[0].count("59.0*") == 2


def test_quoted_numbers_change_nothing_else(two_trainers):
    plain, quoted = (report(two_trainers.root, published=flag)[0] for flag in (False, True))
    assert quoted.startswith(plain)
    added = quoted[len(plain) :].splitlines()
    assert added[2] == "Quoted from the papers, not measured here: CLIP ViT-B/16, 16 shots"
    rows = [line for line in added if line[-1:].isdigit() or line.endswith("-")][2:]
    assert len(rows) == 13 and all("(quoted)" in row for row in rows)
    coop = next(row for row in rows if row.startswith("CoOp"))
    assert coop.split()[2:] == ["82.69", "63.22", "71.66", "79.44", "41.18", "84.69", "56.05"]
    plain, quoted = (
        json.loads(report(two_trainers.root, "json", published=flag)[0]) for flag in (False, True)
    )
    assert quoted.pop("quoted")["averages_of_11"]["RAda"]["hm"] == 77.94
    assert quoted == plain


def test_csv_and_json_hold_the_same_numbers(two_trainers):
    text, notes = report(two_trainers.root, "csv", published=True)
    rows = list(csv.DictReader(io.StringIO(text)))
    (table,) = json.loads(report(two_trainers.root, "json")[0])["tables"]
    assert "missing: RAdaCoOp on ucf101" in notes
    measured = [row for row in rows if row["source"] in ("measured", "delta")]
    assert len(measured) == 6
    for row in measured:
        cell = table["datasets"][row["dataset"]][row["trainer"]]
        assert float(row["base"]) == cell["base"]["mean"]
        assert float(row["hm"]) == cell["hm"]
        assert [int(seed) for seed in row["new_seeds"].split()] == cell["new"]["seeds"]
    assert sum(row["source"] == "quoted" for row in rows) == 13 + 8 + 6
    assert len(table["runs"]) == 15 and table["missing"][0]["seed"] == 2
    assert table["averages"][0]["cells"]["RAdaCoOp - CoOp"]["new"]["mean"] == 6.0


def test_github_and_latex_have_one_row_per_set_and_average(two_trainers):
    rows = [line for line in report(two_trainers.root, "github")[0].splitlines() if "| " in line]
    assert [row.split("|")[1].strip() for row in rows[1:4]] == ["dtd", "ucf101", "average of 2"]
    assert {row.count("|") for row in rows[:4]} == {11}
    latex = report(two_trainers.root, "latex")[0]
    body = latex[latex.index("\\begin{tabular}") : latex.index("\\end{tabular}")]
    assert [line.count("&") for line in body.splitlines() if "&" in line] == [9] * 4
    outside = [line for line in latex.splitlines() if line and line[0] not in "\\% "]
    assert outside == []
