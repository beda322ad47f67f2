"""The command: one line and an exit code, whatever happens."""

import pytest

from rada.prepare import __main__ as command
from rada.prepare.__main__ import cli


@pytest.fixture
def run(capsys):
    """Run a command line; its exit code, what it printed and what it complained of."""

    def runner(*words):
        code = cli([str(word) for word in words])
        return code, *capsys.readouterr()

    return runner


def test_prepare_then_check(dtd, run, tmp_path):
    code, out, err = run("dtd", "--root", tmp_path)
    assert (code, err) == (0, "")
    assert "dtd is complete: 4 / 4 / 4 for training / validation / testing" in out
    for words in (("--check",), ("--check", "dtd")):
        code, out, err = run(*words, "--root", tmp_path)
        assert code == 0 and "complete" in out and err == ""


def test_missing_parts_end_in_one_line(dtd, site, run, tmp_path):
    del site.files["dtd.tar.gz"]
    code, _, err = run("dtd", "--root", tmp_path)
    assert code == 2
    assert err.splitlines()[-1] == f"error: dtd: {tmp_path / 'dtd'} lacks images"


def test_by_hand_prints_steps_and_what_is_missing(run, tmp_path):
    code, out, err = run("imagenet", "--root", tmp_path)
    assert code == 2 and "  1. Make an account" in out
    assert err == (
        f"error: imagenet: {tmp_path / 'imagenet'} lacks images, images/train, images/val\n"
    )


def test_one_dataset_that_fails_does_not_stop_the_next(dtd, run, tmp_path):
    (tmp_path / "imagenet").write_text("a file, not a folder")
    code, out, err = run("imagenet", "dtd", "--root", tmp_path)
    assert code == 2 and "dtd is complete" in out and err.startswith("error: imagenet: ")


def test_named_and_absent_fails_but_unnamed_and_absent_does_not(dtd, run, tmp_path):
    run("dtd", "--root", tmp_path)
    code, _, err = run("--check", "dtd", "eurosat", "--root", tmp_path)
    assert code == 2 and err.startswith("error: not as it should be: eurosat; ")
    assert run("--check", "--root", tmp_path)[0] == 0


def test_a_root_without_any(run, tmp_path):
    code, out, err = run("--check", "--root", tmp_path / "nowhere")
    assert code == 2 and out.count("absent") == 16
    assert err.startswith(f"error: no dataset in {tmp_path / 'nowhere'}; ")
    assert not (tmp_path / "nowhere").exists()


def test_unknown_name(run):
    code, _, err = run("oxford_pet")
    assert (code, err) == (
        2,
        'error: no dataset "oxford_pet" (did you mean "oxford_pets"?); see --list\n',
    )


def test_stopped(run, monkeypatch, tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "prepare", stop)
    code, _, err = run("dtd", "--root", tmp_path)
    assert code == 130 and err.strip() == "stopped; the same command goes on from here"


@pytest.mark.parametrize("words", [(), ("--deep", "dtd"), ("--list", "--check")])
def test_wrong_options(words, run):
    with pytest.raises(SystemExit, match="2"):
        run(*words)


def test_root_is_that_of_the_scripts(monkeypatch):
    monkeypatch.setenv("DATA", "/somewhere")
    assert command.parse_args(["--check"]).root == "/somewhere"
    monkeypatch.delenv("DATA")
    assert command.parse_args(["--check"]).root == "./data"


def test_list_and_help(run, capsys):
    assert "by hand: licence" in run("--list")[1]
    with pytest.raises(SystemExit, match="0"):
        cli(["-h"])
    assert "Exit codes" in capsys.readouterr().out
