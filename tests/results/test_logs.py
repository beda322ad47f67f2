"""CoOp's summary of logs, line by line as CoOp prints it."""

import pytest

from parse_test_res import main
from rada.experiments.logs import listed


@pytest.fixture
def logs(tmp_path, write_log, monkeypatch):
    """exp-1: 70.0 and 80.0 (and one unfinished); exp-2: 60.0."""
    for name, accuracy in (("exp-1/seed1", 70.0), ("exp-1/seed2", 80.0), ("exp-2/seed1", 60.0)):
        write_log(tmp_path / "runs" / name, accuracy)
    write_log(tmp_path / "runs/exp-1/seed3", 99.0, finished=False)
    (tmp_path / "runs/.hidden").mkdir()
    monkeypatch.chdir(tmp_path)


EXP_1 = [
    "Parsing files in runs/exp-1",
    "file: runs/exp-1/seed1/log.txt. accuracy: 70.00%. ",
    "file: runs/exp-1/seed2/log.txt. accuracy: 80.00%. ",
    "===",
    "Summary of directory: runs/exp-1",
    "* accuracy: 75.00% +- 5.00%",
    "===",
]


def test_one_experiment(logs, capsys):
    main(["runs/exp-1"])
    printed = capsys.readouterr()
    assert printed.out.split("\n") == [*EXP_1, ""]
    assert printed.err == (
        'skipped: no "accuracy" after "Finish training" in runs/exp-1/seed3/log.txt\n'
    )


def test_confidence_interval_is_for_half_its_width(logs, capsys):
    """1.96 * 5 / sqrt(2) = 6.93."""
    main(["runs/exp-1", "--ci95"])
    assert "* accuracy: 75.00% +- 6.93%" in capsys.readouterr().out.split("\n")


def test_several_experiments(logs, capsys):
    main(["runs", "--multi-exp"])
    assert capsys.readouterr().out.split("\n") == [
        *EXP_1,
        "Parsing files in runs/exp-2",
        "file: runs/exp-2/seed1/log.txt. accuracy: 60.00%. ",
        "===",
        "Summary of directory: runs/exp-2",
        "* accuracy: 60.00% +- 0.00%",
        "===",
        "Average performance",
        "* accuracy: 67.50%",
        "",
    ]


def test_test_logs_and_other_keywords(logs, write_log, tmp_path, capsys):
    """Test logs end with a result; the last one counts, as in CoOp."""
    write_log(tmp_path / "tests/seed1", 55.5, trained=False)
    main(["tests", "--test-log", "--keyword", "macro_f1"])
    out = capsys.readouterr().out
    assert "file: tests/seed1/log.txt. macro_f1: 54.50%. \n" in out
    with pytest.raises(FileNotFoundError, match="nothing found in tests: .*Finish training"):
        main(["tests"])


def test_an_experiment_without_results_is_named_and_left_out(logs, tmp_path, capsys):
    (tmp_path / "runs/exp-3").mkdir()
    (tmp_path / "runs/notes.txt").write_text("plain file")
    main(["runs", "--multi-exp"])
    printed = capsys.readouterr()
    assert printed.out.endswith("Average performance\n* accuracy: 67.50%\n")
    assert "skipped: nothing found in runs/exp-3: empty" in printed.err
    assert "notes.txt" in printed.err


def test_of_many_folders_without_results_some_are_named():
    lacking = [f"no file {number}/log.txt" for number in range(9)]
    assert listed(lacking) == "; ".join(lacking[:5]) + "; and 4 more"
