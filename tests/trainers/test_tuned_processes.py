"""A test that learns from each picture, shared by processes: the predictions of one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainers.adapting import FEW_VIEWS, predictions
from tests.trainers.runs import OPTIONS, command_line, shallow
from tests.trainers.test_processes import TORCHRUN
from tests.warm import Run, started_together


@pytest.fixture
def words(caltech_root, tiny_clip, adapt, trained, tmp_path):
    """Makes the command line of a trainer that learns at test time."""

    def make(name: str, output: Path, *options: str) -> list[str]:
        line = command_line(caltech_root, tiny_clip, name, output)
        line += [*OPTIONS, *shallow(name), *FEW_VIEWS, "DATASET.SUBSAMPLE_CLASSES", "base"]
        return [*line, *options]

    return make


def results(folder: Path) -> dict[str, float]:
    return json.loads((folder / "results.json").read_text())["metrics"]


def order(folder: Path) -> list[str]:
    """Paths, as they stand in the file."""
    lines = (folder / "predictions_test.jsonl").read_text().splitlines()[1:]
    return [json.loads(line)["path"] for line in lines]


def assert_equal(one: Path, other: Path) -> None:
    """Every picture once, in the same order, with the same predictions, and the same results."""
    assert order(one) == order(other)
    assert len(order(one)) == len(predictions(one)) > 8
    assert predictions(one) == predictions(other)
    assert results(one) == results(other)
    assert not list(other.glob("*.part*"))


@pytest.mark.parametrize("count, loop", [(2, "epochs"), (3, "steps")])
def test_several_processes_answer_as_one(count, loop, words, tmp_path):
    alone = Run(words("RAdaTPT", tmp_path / "one")).wait()
    together = started_together(words("RAdaTPT", tmp_path / "all", "TRAIN.LOOP", loop), count)
    first, *others = [process.wait() for process in together]
    assert [alone.returncode, first.returncode] == [0, 0], first.stderr
    assert not any(other.returncode for other in others), others[0].stderr
    assert_equal(tmp_path / "one", tmp_path / "all")
    assert f"{count} processes share" in first.stdout
    assert first.stdout.count("* accuracy: ") == 1
    assert not any("accuracy" in other.stdout + other.stderr for other in others)


def test_torchrun_answers_as_one_process(words, tmp_path):
    assert Run(words("TPT", tmp_path / "one")).wait().returncode == 0
    command = [sys.executable, *TORCHRUN, "train.py", *words("TPT", tmp_path / "two")]
    both = subprocess.run(command, capture_output=True, text=True)
    assert both.returncode == 0, both.stderr[-2000:]
    assert_equal(tmp_path / "one", tmp_path / "two")


def test_the_first_process_makes_the_statistics_that_the_others_keep_to(
    words, adapt, trained, tmp_path
):
    adapt("PromptAlign", tmp_path / "one")
    folder = trained["MaPLe"]
    (folder / "token_statistics.pt").unlink()
    line = words("PromptAlign", tmp_path / "two")
    line += ["--eval-only", "--model-dir", str(folder)]
    first, other = (process.wait() for process in started_together(sorted_options(line)))
    assert first.returncode == other.returncode == 0, first.stderr + other.stderr
    assert first.stdout.count("Token statistics of") == 1
    assert_equal(tmp_path / "one", tmp_path / "two")


def sorted_options(line: list[str]) -> list[str]:
    """The same words, with arguments before KEY VALUE pairs."""
    at = line.index("--eval-only")
    return [*line[at:], *line[:at]]


@pytest.mark.parametrize("counts", [(3, 1), (2, 3), (1, 2)])
def test_what_died_is_gone_on_from_by_any_number_of_processes(counts, words, tmp_path):
    """Killed in the middle: no prediction is lost, none is there twice."""
    assert Run(words("RAdaTPT", tmp_path / "one")).wait().returncode == 0
    line = words("RAdaTPT", tmp_path / "cut", "DATALOADER.NUM_WORKERS", "0")
    before, after = counts
    runs = started_together(line, before) if before > 1 else [Run(line)]
    parts = [tmp_path / "cut" / f"predictions_test.jsonl.part{r or ''}" for r in range(before)]
    while not all(part.exists() and part.read_bytes().count(b"\n") > 3 for part in parts):
        assert all(run.poll() is None for run in runs)
    for run in runs:
        run.kill()
    for run in runs:
        run.wait()
    done = sum(part.read_bytes().count(b"\n") - 1 for part in parts)
    runs = started_together(line, after) if after > 1 else [Run(line)]
    first, *others = [run.wait() for run in runs]
    assert not any(run.returncode for run in (first, *others)), first.stderr
    resumed = first.stdout.split("Resuming: ")[1].split(" of ")[0]
    assert done - 3 * before <= int(resumed) <= done  # but for batches that were not whole
    assert_equal(tmp_path / "one", tmp_path / "cut")


def test_a_mistake_in_one_process_is_one_line_and_loses_nothing(words, tmp_path, caltech_root):
    assert Run(words("TPT", tmp_path / "one")).wait().returncode == 0
    victim = caltech_root / order(tmp_path / "one")[4]  # of the second batch
    good = victim.read_bytes()
    line = words("TPT", tmp_path / "two", "DATASET.CHECK_PICTURES", "False")
    try:
        victim.write_bytes(b"no picture")
        first, other = (process.wait() for process in started_together(line))
    finally:
        victim.write_bytes(good)
    assert first.returncode == other.returncode == 2
    errors = [run.stderr.count("error: ") for run in (first, other)]
    assert errors == [1, 1] and str(victim) in other.stderr
    assert "another process of this run has died" in first.stderr
    assert "Traceback" not in first.stderr + other.stderr
    first, other = (process.wait() for process in started_together(line))
    assert first.returncode == other.returncode == 0
    assert "Resuming: " in first.stdout
    assert_equal(tmp_path / "one", tmp_path / "two")
