"""A small copy of the repository with a stub in place of train.py, in a folder with a blank."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGS = {
    "datasets": [
        *("imagenet", "caltech101", "dtd", "imagenetv2", "imagenet_a"),
        *("blueprints", "blueprints_plain", "digits"),
    ],
    "trainers/CoOp": ["world", "vit_b16_ctxv1", "rn50"],
    "trainers/RAdaCoOp": ["world", "vit_b16_ctxv1"],
}
SETTINGS = (
    *("DATA", "OUTPUT", "CFG", "SHOTS", "SOURCE", "TARGETS", "REHEARSE", "REHEARSE_ROOT"),
    *("JOBS", "JOBS_PER_GPU", "NPROC", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"),
)

CTXV1 = "vit_b16_ctxv1"
# what the trainers that a stub registers start from at test time
STARTS = {"CoOp": "CoOp", "RAdaCoOp": "RAdaCoOp", "TPT": "", "RAdaTPT": ""}
STARTS |= {"CoOpTPT": "CoOp", "Aligned": "CoOp"}
TRAINERS = f"""
def starts_from(name):
    return {STARTS}[name]


def learns_at_test(name):
    return "TPT" in name or name == "Aligned"
"""


def adapted(dataset, trainer, config=CTXV1):
    """Folder of a run at test time, below output."""
    return f"test_time/test_adapted/{dataset}/shots_16/{trainer}/{config}/seed1"


class Repository:
    """Runs scripts and knows what the stub was asked to do."""

    def __init__(self, root):
        self.root = root

    def start(self, script, *arguments, cwd=None, **environment):
        clean = {key: value for key, value in os.environ.items() if key not in SETTINGS}
        return subprocess.Popen(
            ["bash", str(self.root / "scripts/rada" / script), *map(str, arguments)],
            cwd=cwd or self.root,
            env=clean | {"PYTHON": sys.executable} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script, *arguments, **options):
        """Exit code, stdout, stderr."""
        process = self.start(script, *arguments, **options)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def calls(self):
        """Command lines the stub saw."""
        log = self.root / "calls.txt"
        return log.read_text().splitlines() if log.exists() else []

    def note_processes(self):
        """Let the stub note in how many processes it runs, a digit in each of them."""
        stub = self.root / "rada/engine/command.py"
        noted = 'open("launched.txt", "a").write(os.environ.get("WORLD_SIZE", "1"))\n'
        text = stub.read_text().replace("parser = argparse", noted + "    parser = argparse", 1)
        stub.write_text(text)

    def processes(self):
        """What was noted."""
        return (self.root / "launched.txt").read_text()

    def workers(self):
        """Process and GPUs of each run."""
        return [line.split() for line in (self.root / "workers.txt").read_text().splitlines()]

    def folder(self, part, dataset, trainer="RAdaCoOp", config="vit_b16_ctxv1", seed=1):
        path = f"base2new/{part}/{dataset}/shots_16/{trainer}/{config}/seed{seed}"
        return self.root / "output" / path

    def finished(self, output="output"):
        """Folders with results, below output."""
        folder = self.root / output
        return {str(path.parent.relative_to(folder)) for path in folder.rglob("results.json")}


@pytest.fixture
def repo(tmp_path):
    root = tmp_path / "a repository"
    for name in ("scripts", "rada/experiments", "rada/workers"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for room in ("data", "rehearsal"):
        (root / "rada" / room).mkdir()
    alone = ("__init__", "config_files", "files", "results_json", "data/__init__", "data/families")
    alone += (
        "declared",
        "environment",
        "kinds",
        "locks",
        "program",
        "records",
        "signals",
        "streams",
        "trained_with",
        "trainer_names",
        "rehearsal/__init__",
    )
    for name in alone:  # what needs no PyTorch
        shutil.copy(ROOT / f"rada/{name}.py", root / f"rada/{name}.py")
    for folder, stems in CONFIGS.items():
        (root / "configs" / folder).mkdir(parents=True)
        for stem in stems:
            (root / "configs" / folder / f"{stem}.yaml").touch()
    stub = root / "rada/engine/command.py"
    stub.parent.mkdir()
    shutil.copy(Path(__file__).parent / "stub_train.py", stub)
    lines = ("import sys", "from rada.engine import command", "sys.exit(command.cli())")
    (root / "train.py").write_text("\n".join(lines))
    return Repository(root)


@pytest.fixture
def tuned(repo):
    """With stubs of what knows the trainers; Forgotten has configs only."""
    stubs = {"engine/registry": TRAINERS, "toolbox/__init__": "def use_dassl(): ...\n"}
    for module, text in stubs.items():
        path = repo.root / "rada" / f"{module}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for name in (*STARTS, "Forgotten"):
        folder = repo.root / "configs/trainers" / name
        folder.mkdir(exist_ok=True)
        for config in ("world", CTXV1):
            (folder / f"{config}.yaml").touch()
    (repo.root / f"configs/trainers/Aligned/{CTXV1}_fine_grained.yaml").touch()
    return repo
