"""The log holds what was printed, at once, and the terminal comes back."""

import sys

import pytest

from dassl.utils import Logger, setup_logger


@pytest.fixture(autouse=True)
def terminal():
    """Give sys.stdout back even if a test fails."""
    before = sys.stdout
    yield before
    if isinstance(sys.stdout, Logger):
        sys.stdout.close()
    sys.stdout = before


def test_lines_reach_file_and_terminal_at_once(tmp_path, capsys):
    setup_logger(str(tmp_path / "new" / "run"))
    print("first line")
    assert (tmp_path / "new" / "run" / "log.txt").read_text() == "first line\n"
    assert capsys.readouterr().out == "first line\n"


def test_close_gives_the_terminal_back(tmp_path, terminal):
    setup_logger(str(tmp_path / "run.log"))
    sys.stdout.flush()
    sys.stdout.close()
    assert sys.stdout is terminal
    print("not logged")
    assert (tmp_path / "run.log").read_text() == ""


def test_second_call_ends_the_first_without_nesting(tmp_path, terminal):
    setup_logger(str(tmp_path / "a.txt"))
    first = sys.stdout
    setup_logger(str(tmp_path / "b.txt"))
    print("second")
    assert first.file is None
    assert sys.stdout.console is terminal
    assert (tmp_path / "a.txt").read_text() == ""
    assert (tmp_path / "b.txt").read_text() == "second\n"


def test_former_log_is_kept(tmp_path):
    for text in ("first", "second", "third"):  # the last two within one second
        setup_logger(str(tmp_path))
        print(text)
    assert (tmp_path / "log.txt").read_text() == "first\n"
    later = [path.read_text() for path in sorted(tmp_path.glob("log.txt-*"))]
    assert "".join(later) == "second\nthird\n"


def test_none_changes_nothing(terminal):
    setup_logger(None)
    assert sys.stdout is terminal


def test_unwritable_folder_ends_in_one_clear_line(tmp_path, terminal):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot write the log .*choose another output folder"):
        setup_logger(str(tmp_path / "file" / "run"))
    assert sys.stdout is terminal


def test_logger_answers_for_the_terminal(tmp_path, terminal):
    with Logger(str(tmp_path / "a.txt")) as logger:
        assert logger.isatty() == terminal.isatty()
    assert logger.file is None
