"""CoOp's few-shot caches are taken over if they fit the split, and can do no harm."""

import os
import pickle
import sys
import types
from pathlib import Path

import pytest

from rada.data.coop_cache import read_coop_cache

RECORD = "caltech-101/split_fewshot/shot_4-seed_1.json"


def paths(items):
    return [item.impath for item in items]


@pytest.fixture
def coop_pickle(monkeypatch):
    """Write few-shot items as CoOp does, with Dassl's records and paths of another machine."""
    module = types.ModuleType("dassl.data.datasets.base_dataset")
    datum = type("Datum", (), {"__module__": module.__name__})
    module.Datum = datum

    def write(path, **parts):
        cache = {}
        for part, pictures in parts.items():
            cache[part] = []
            for picture in pictures:
                record = datum()
                record._impath = f"/elsewhere/{Path(picture.impath).name}"
                record._label, record._domain, record._classname = picture.label, 0, "x"
                cache[part].append(record)
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module.__name__, module)
            path.write_bytes(pickle.dumps(cache, pickle.HIGHEST_PROTOCOL))

    return write


def test_coops_own_cache_is_taken_over(caltech_root, read, coop_pickle, capsys):
    other = read("caltech101", caltech_root, shots=4, seed=7)
    record = caltech_root / RECORD
    coop_pickle(record.with_suffix(".pkl"), train=other.train_x, val=other.val)
    dataset = read("caltech101", caltech_root, shots=4)
    assert "taken from CoOp's" in capsys.readouterr().out
    assert (paths(dataset.train_x), paths(dataset.val)) == (paths(other.train_x), paths(other.val))
    assert record.exists()


def test_coops_incomplete_cache_is_ignored(caltech_root, read, coop_pickle, capsys):
    other = read("caltech101", caltech_root, shots=4, seed=7)
    coop_pickle((caltech_root / RECORD).with_suffix(".pkl"), train=other.train_x[:3], val=[])
    assert len(read("caltech101", caltech_root, shots=4).train_x) == 12
    assert "shot_4-seed_1.pkl is ignored: ValueError" in capsys.readouterr().out


def test_coops_cache_of_another_split_is_ignored(caltech_root, read, coop_pickle, capsys):
    drawn = read("caltech101", caltech_root, shots=4)
    record = caltech_root / RECORD
    record.unlink()
    coop_pickle(record.with_suffix(".pkl"), train=drawn.test[:12], val=drawn.val)
    assert paths(read("caltech101", caltech_root, shots=4).train_x) == paths(drawn.train_x)
    assert "shot_4-seed_1.pkl is ignored" in capsys.readouterr().out


class Malicious:
    """Runs a command when unpickled, unless the reader refuses."""

    def __reduce__(self):
        return os.mkdir, ("stolen",)


@pytest.mark.parametrize("content", [pickle.dumps({"train": [Malicious()]}), b"", b"\x80\x05K"])
def test_pickles_can_build_nothing_else(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shot_4-seed_1.pkl").write_bytes(content)
    with pytest.raises(ValueError, match="not a few-shot cache of CoOp"):
        read_coop_cache("shot_4-seed_1.pkl")
    assert not (tmp_path / "stolen").exists()
