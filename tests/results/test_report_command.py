"""The table on the command line: formats, a fast start, mistakes."""

import subprocess
import sys
from pathlib import Path

import pytest

from parse_test_res import main
from rada.experiments.report import FORMATS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("style", FORMATS)
def test_command_line_prints_every_format(two_trainers, capsys, style):
    main([str(two_trainers.root), "--format", style, "--ci95", "--published"])
    assert "RAdaCoOp" in capsys.readouterr().out


def test_starts_without_torch_and_dassl(two_trainers):
    code = (
        "import sys; sys.modules.update(torch=None, dassl=None, sklearn=None)\n"
        f"import parse_test_res; parse_test_res.main([{str(two_trainers.root)!r}])"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere"], "no folder nowhere"),
        (["no\nwhere"], "no folder no?where"),
        ([""], "the directory is empty; give the folder of seeds"),
        (["empty"], "nothing found in empty: empty"),
        (["empty", "--format", "csv"], "empty has neither train_base nor test_new"),
        (["."], "try base2new or broken; nothing found in .: "),
        (["base2new", "--keyword", "acuracy"], 'no metric "acuracy" in base2new (did you mean "ac'),
        (["base2new", "--keyword", "error", "--published"], "--published quotes accuracies"),
        (["broken"], "no finished run in broken; skipped: broken/train_base/dtd/shots_16/CoOp"),
        (["empty", "--keyword", "("], '--keyword "(" cannot be searched for'),
    ],
)
def test_mistakes_end_in_one_line_and_exit_code_2(experiment, arguments, complaint):
    experiment.pair("dtd", "CoOp", 1, 70.0, 60.0)
    folder = experiment.root.parent
    (folder / "empty").mkdir()
    broken = folder / "broken/train_base/dtd/shots_16/CoOp/vit_b16_ctxv1/seed1"
    broken.mkdir(parents=True)
    (broken / "results.json").write_text('{"metrics":')
    command = [sys.executable, str(ROOT / "parse_test_res.py"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {complaint}") and done.stderr.count("\n") == 1
