"""What is missing of a folder is made, and nothing else; whatever happens, the rest is kept."""

import errno
import multiprocessing
import time

import pytest
import torch

from features import folder, shards
from features.folder import FeatureFolder

KEY = {"image encoder": "a", "transform": "b", "pictures": "c"}


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Of four rows: two batches of two."""
    monkeypatch.setattr(folder, "ROWS", 4)


def rows_of(rows: range) -> torch.Tensor:
    return torch.tensor([[float(row), -float(row)] for row in rows])


class Encoder:
    """Makes features and remembers the first row of each shard it made."""

    def __init__(self, stop: int | None = None, seconds: float = 0):
        self.made, self.stop, self.seconds = [], stop, seconds

    def __call__(self, missing, is_there):
        for rows in missing:
            if not is_there(rows):
                if len(self.made) == self.stop:
                    raise KeyboardInterrupt
                time.sleep(self.seconds)
                self.made.append(rows.start)
                yield rows, rows_of(rows)


def folder_in(path, key=KEY) -> FeatureFolder:
    return FeatureFolder(str(path), "pets", key, total=14, batch=2)


def open_in(path, encoder, key=KEY) -> list[int]:
    """Open a folder, check what it gives, and return the shards that were made for it."""
    features = torch.cat(folder_in(path, key).open(encoder))
    assert torch.equal(features, rows_of(range(14)))
    return sorted(encoder.made)


def test_shards_hold_whole_batches():
    starts = [[rows.start for rows in FeatureFolder("", "pets", KEY, 14, b).shards] for b in (2, 3)]
    assert starts == [[0, 4, 8, 12], [0, 6, 12]]


def test_there_are_not_too_many_shards(monkeypatch):
    monkeypatch.setattr(folder, "SHARDS", 3)
    assert [len(rows) for rows in FeatureFolder("", "pets", KEY, 14, 2).shards] == [6, 6, 2]


def test_made_once_then_found(tmp_path):
    assert open_in(tmp_path, Encoder()) == [0, 4, 8, 12]
    assert open_in(tmp_path, Encoder()) == []


def test_damaged_shards_are_made_anew_and_only_those(tmp_path, capsys):
    """Cut off, changed, empty, of other pictures."""
    open_in(tmp_path, Encoder())
    first, second, third, fourth = sorted(folder_in(tmp_path).path.glob("*.safetensors"))
    first.write_bytes(first.read_bytes()[:-3])
    content = bytearray(second.read_bytes())
    content[-1] ^= 1
    second.write_bytes(content)
    third.write_bytes(b"")
    assert open_in(tmp_path, Encoder()) == [0, 4, 8]
    assert capsys.readouterr().out.count("is damaged and made anew") == 3
    fourth.write_bytes(first.read_bytes())
    assert open_in(tmp_path, Encoder()) == [12]
    assert open_in(tmp_path, Encoder()) == []


def test_an_interrupted_run_goes_on(tmp_path):
    encoder = Encoder(stop=2)
    with pytest.raises(KeyboardInterrupt):
        folder_in(tmp_path).open(encoder)
    rest = open_in(tmp_path, Encoder())
    assert len(encoder.made) == 2 and sorted(encoder.made + rest) == [0, 4, 8, 12]


def test_another_key_has_a_folder_of_its_own_and_is_told_why(tmp_path, capsys):
    open_in(tmp_path, Encoder())
    capsys.readouterr()
    assert open_in(tmp_path, Encoder(), KEY | {"image encoder": "z"}) == [0, 4, 8, 12]
    lines = capsys.readouterr().out.splitlines()
    told = "has features of these pictures, but differs in image encoder"
    assert lines[0] == f"{folder_in(tmp_path).path} {told}"
    assert open_in(tmp_path, Encoder()) == []


def test_other_pictures_are_not_worth_a_line(tmp_path, capsys):
    open_in(tmp_path, Encoder())
    open_in(tmp_path, Encoder(), KEY | {"pictures": "z"})
    assert "has features" not in capsys.readouterr().out


def test_what_others_left_behind_does_no_harm(tmp_path):
    for name, content in (("pets-1", "[]"), ("pets-2", "{"), ("pets-3", "{}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "key.json").write_text(content)
    assert open_in(tmp_path, Encoder()) == [0, 4, 8, 12]


def fails(error: OSError):
    def replace(path, content):
        raise error

    return replace


READ_ONLY = OSError(errno.EROFS, "Read-only file system")


def test_a_read_only_folder_with_all_shards_is_as_good(tmp_path, monkeypatch):
    open_in(tmp_path, Encoder())
    for module in (folder, shards):
        monkeypatch.setattr(module, "replace", fails(READ_ONLY))
    assert open_in(tmp_path, Encoder()) == []


def test_a_read_only_folder_that_lacks_a_shard_says_what_to_do(tmp_path, monkeypatch):
    open_in(tmp_path, Encoder())
    next(folder_in(tmp_path).path.glob("*.safetensors")).unlink()
    monkeypatch.setattr(shards, "replace", fails(READ_ONLY))
    with pytest.raises(OSError, match="Read-only file system.*another FEATURES.FOLDER") as error:
        folder_in(tmp_path).open(Encoder())
    assert str(folder_in(tmp_path).path) in str(error.value)


def test_a_full_disk_keeps_what_was_written(tmp_path, monkeypatch):
    replace, written = shards.replace, []

    def full_at_last(path, content):
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        replace(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "replace", full_at_last)
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
