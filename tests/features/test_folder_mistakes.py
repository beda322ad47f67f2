"""Folders that cannot be written, full disks, killed and competing processes lose nothing."""

import errno
import multiprocessing
import time

import pytest
import torch

from rada.features import folder, shards
from tests.features.folders import Encoder, folder_in, open_in, rows_of


def fails(error: OSError):
    def replacing(path, mode="wb"):
        raise error

    return replacing


READ_ONLY = OSError(errno.EROFS, "Read-only file system")


def test_a_read_only_folder_with_all_shards_is_as_good(tmp_path, monkeypatch):
    open_in(tmp_path, Encoder())
    for module in (folder, shards):
        monkeypatch.setattr(module, "replacing", fails(READ_ONLY))
    assert open_in(tmp_path, Encoder()) == []


def test_a_read_only_folder_that_lacks_a_shard_says_what_to_do(tmp_path, monkeypatch):
    open_in(tmp_path, Encoder())
    next(folder_in(tmp_path).path.glob("*.safetensors")).unlink()
    monkeypatch.setattr(shards, "replacing", fails(READ_ONLY))
    with pytest.raises(OSError, match="Read-only file system.*another FEATURES.FOLDER") as error:
        folder_in(tmp_path).open(Encoder())
    assert str(folder_in(tmp_path).path) in str(error.value)


def test_a_full_disk_keeps_what_was_written(tmp_path, monkeypatch):
    replacing, written = shards.replacing, []

    def full_at_last(path):
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        return replacing(path)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "replacing", full_at_last)
        with pytest.raises(OSError, match="No space left on device.*is kept"):
            folder_in(tmp_path).open(Encoder())
    assert len(open_in(tmp_path, Encoder())) == 1


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "features").write_text("in the way")
    with pytest.raises(OSError, match=f"cannot write features to {tmp_path}/features/pets-"):
        folder_in(tmp_path / "features").open(Encoder())


def build(path, queue, seconds: float = 0.05) -> None:
    """Open a folder in a process of its own."""
    encoder = Encoder(seconds=seconds)
    queue.put((torch.cat(folder_in(path).open(encoder)).tolist(), len(encoder.made)))


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # Python 3.12
def test_what_a_killed_process_made_is_kept(tmp_path):
    context = multiprocessing.get_context("fork")
    process = context.Process(target=build, args=(tmp_path, context.Queue(), 0.3))
    process.start()
    while len(list(tmp_path.glob("*/*.safetensors"))) < 2:
        time.sleep(0.01)
    process.kill()
    process.join()
    assert len(open_in(tmp_path, Encoder())) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # Python 3.12
def test_several_processes_at_once_end_with_good_features(tmp_path):
    """And share the work: each shard may be made twice at most where they meet."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=build, args=(tmp_path, queue)) for _ in range(3)]
    for process in processes:
        process.start()
    found = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert all(features == rows_of(range(14)).tolist() for features, _ in found)
    assert open_in(tmp_path, Encoder()) == []
    assert len(list(folder_in(tmp_path).path.iterdir())) == 5  # four shards and the key
