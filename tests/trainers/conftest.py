"""A tiny Caltech101 on disk (golden pictures and split) and a way to run train.py in-process."""

import json
import sys

import pytest
import torch

import train
from dassl.utils import Logger
from rada.data.picks import Picks
from rada.data.pictures import Picture
from rada.engine.trainer import CLIPTrainer
from rada.rehearsal import config as rehearsal
from tests.float64 import trainers_in_float64
from tests.tinyclip import draw_state_dict
from tests.trainers.adapting import adapt, trained  # noqa: F401
from tests.trainers.caching import Stop, cached, encoded  # noqa: F401
from tests.trainers.runs import OPTIONS, STEPS, classes_option, command_line, shallow


@pytest.fixture(scope="session")
def caltech_root(tmp_path_factory, golden):
    """Root with the 166 golden pictures of eight classes and CoOp's own split of them."""
    root = tmp_path_factory.mktemp("data")
    data, logs = golden("e2e_images.npz"), golden("e2e_logs.json")
    image_dir = root / "caltech-101" / "101_ObjectCategories"
    for i, name in enumerate(data["paths"]):
        path = image_dir / str(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data["data"][data["offsets"][i] : data["offsets"][i + 1]].tobytes())
    split = root / "caltech-101" / "split_zhou_Caltech101.json"
    split.write_text(json.dumps(logs["split"]))
    return root


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory):
    """File of the golden tiny CLIP: 32x32 pictures, D = 32."""
    path = tmp_path_factory.mktemp("clip") / "tiny.pt"
    torch.save(draw_state_dict(), path)
    return str(path)


@pytest.fixture
def golden_picks(caltech_root, golden, monkeypatch):
    """Let Caltech101 draw the few-shot items of the golden runs (behind a shuffle)."""
    picks = golden("e2e_logs.json")["fewshot"]
    prefix = f"{caltech_root}/caltech-101/101_ObjectCategories/"
    parts = [[Picture(prefix + path, *rest) for path, *rest in picks[p]] for p in ("train", "val")]

    def draw(self, draw):
        print("Creating a 4-shot dataset\n" * 2, end="")
        return parts

    monkeypatch.setattr(Picks, "draw", draw)


@pytest.fixture(autouse=True)
def stdout_given_back():
    """Dassl's logger stands in for sys.stdout until the process ends; here until the test ends."""
    yield
    if isinstance(sys.stdout, Logger):
        sys.stdout.close()


@pytest.fixture
def float64():
    """Let trainers build their models in float64."""
    with trainers_in_float64():
        yield


@pytest.fixture(scope="session")
def run_train(caltech_root, tiny_clip):
    """Call train.main on the tiny Caltech101 and return its trainer; log.txt is in the folder."""

    def run(trainer: str, output, *opts: str, arguments=(), classes="base"):
        command = command_line(caltech_root, tiny_clip, trainer, output)
        options = [*OPTIONS, *shallow(trainer), *classes_option(classes), *opts]
        return train.main([*command, *arguments, *options])

    return run


@pytest.fixture
def mistake(caltech_root, tiny_clip, tmp_path, capsys):
    """Run train.py with replaced arguments; return its one line on stderr."""

    def run(trainer="CoOp", opts=(), replace=(), extra=()):
        command = command_line(caltech_root, tiny_clip, trainer, tmp_path / "out")
        for option, value in replace:
            command[command.index(option) + 1] = str(value)
        code = train.cli([*command, *extra, *OPTIONS, *shallow(trainer), *opts])
        error = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
        assert code == 2 and len(error) == 1, error
        return error[0]

    return run


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """Where stand-in pictures are made once for all tests here."""
    return tmp_path_factory.mktemp("rehearsal")


@pytest.fixture
def rehearse(scratch, monkeypatch):
    """Set the environment of a rehearsal with few pictures."""
    monkeypatch.setenv("REHEARSE", "1")
    monkeypatch.setenv("REHEARSE_ROOT", str(scratch))
    monkeypatch.setattr(rehearsal, "PICTURES", 3)
    monkeypatch.setattr(rehearsal, "WORKERS", 0)


@pytest.fixture
def stopped(run_train, monkeypatch, tmp_path):
    """The output folder of an FT that was stopped behind its second step."""
    steps = []
    whole = CLIPTrainer.forward_backward

    def forward_backward(self, batch):
        if len(steps) == 2:
            raise Stop
        steps.append(batch["impath"])
        return whole(self, batch)

    with monkeypatch.context() as patch, pytest.raises(Stop):
        patch.setattr(CLIPTrainer, "forward_backward", forward_backward)
        run_train("FT", tmp_path / "out", *STEPS)
    return tmp_path / "out"
