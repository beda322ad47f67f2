"""What is missing of a folder is made, and nothing else."""

import pytest

from rada.features import folder
from rada.features.folder import FeatureFolder
from tests.features.folders import KEY, Encoder, folder_in, open_in


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
