"""One writer of an output folder at a time; ends of processes that are told to end."""

import os
import signal
import subprocess
import sys
import time

import pytest

from rada.locks import RUNNING, Held, owned, owner_of
from rada.signals import OF_TORCHRUN, PARENT, Terminated, exit_code, stopped_by_signals

HOLD = """
import sys, time
from rada.locks import owned
with owned(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that owns the folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_refused_and_changes_nothing(holder, tmp_path):
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(Held) as caught, owned(tmp_path):
        pass
    said = str(caught.value)
    assert f"{tmp_path} is written by another run (process {holder.pid} on " in said
    assert "choose another --output-dir" in said and "\n" not in said
    assert sorted(os.listdir(tmp_path)) == before == [RUNNING]
    assert f"process {holder.pid}" in owner_of(tmp_path)


def test_a_killed_owner_leaves_no_lock(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert owner_of(tmp_path) == ""
    with owned(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_a_run_is_refused_in_one_line(holder, tmp_path, capsys):
    from tests.refused import error_of

    words = ["--trainer", "ZeroshotCLIP", "--dataset-config-file", "configs/datasets/tints.yaml"]
    words += ["--config-file", "configs/trainers/ZeroshotCLIP/world.yaml"]
    words += ["--root", str(tmp_path / "data"), "--output-dir", str(tmp_path)]
    assert "is written by another run" in error_of(words, capsys)
    assert os.listdir(tmp_path) == [RUNNING]  # not even a log


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    words = "cannot write to the output folder .*file/out"
    with pytest.raises(OSError, match=words), owned(tmp_path / "file/out"):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_as_ctrl_c_does(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt) as caught, stopped_by_signals():
        os.kill(os.getpid(), number)
        time.sleep(5)
    assert exit_code(caught.value) == 128 + number
    assert signal.getsignal(number) == before


class Dying:
    """Takes a signal in its destructor, where Python drops every error."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)


def test_a_signal_that_falls_into_a_destructor_is_not_lost():
    before = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt) as caught, stopped_by_signals():
        Dying()
        time.sleep(5)
    assert exit_code(caught.value) == 143 and sys.unraisablehook == before


def test_a_signal_that_comes_twice_does_not_stop_the_tidying_up():
    """As when the terminal tells all processes of a sweep, and the sweep tells them, too."""
    tidied = []
    with pytest.raises(KeyboardInterrupt) as caught, stopped_by_signals():
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            tidied.append(1)
    assert exit_code(caught.value) == 130 and tidied


def test_what_is_ignored_stays_so():
    """As nohup has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert exit_code(KeyboardInterrupt()) == 130 and exit_code(Terminated(15)) == 143


CHILD = "from rada.signals import end_with_parent; end_with_parent(); import time; "
CHILD += "print('there', flush=True); time.sleep(60)"
STARTER = f"""
import os, subprocess, sys, time
told = {{"torchrun": ("{OF_TORCHRUN}", "1"), "sweep": ("{PARENT}", str(os.getpid()))}}
environment = os.environ | dict([told[sys.argv[2]]])
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=environment)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
@pytest.mark.parametrize("parent", ["sweep", "torchrun"])
def test_a_child_ends_with_a_parent_that_is_killed(parent):
    command = [sys.executable, "-c", STARTER, CHILD, parent]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        child = int(process.stdout.readline())
        assert process.stdout.readline() == "there\n"
        process.kill()
        assert process.stdout.read() == ""  # it ends with the last that can write to it
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(child, 0)
            time.sleep(0.05)
