"""docs/library.md: its loop runs and learns, and what it says of types and traps holds."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import rada

PAGE = Path("docs/library.md").read_text(encoding="utf-8")
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)


def test_the_loop_runs_in_fifteen_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [line for line in CODE.splitlines() if line and "import" not in line]
    assert len(lines) <= 15
    torch.manual_seed(0)
    names: dict = {}
    exec(CODE, names)
    with torch.no_grad():
        logits, _ = rada.RAdaHead(512)(names["images"], names["texts"], 100.0)
    assert names["loss"] < F.cross_entropy(logits, names["labels"])
    assert names["mask"].shape == (1, 10, 512) and names["mask"].ne(1).any()
    rada.RAdaHead(512).load_state_dict(torch.load(tmp_path / "mask.pt", weights_only=True))


@pytest.mark.parametrize(
    "given, expected",
    [
        (torch.float32, torch.float32),
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (np.float32, torch.float32),
        (np.float64, torch.float64),
    ],
    ids=str,
)
def test_types_of_features(given, expected):
    torch.manual_seed(0)
    image, text = (F.normalize(torch.randn(n, 512), dim=-1) for n in (3, 5))
    cosine = 100 * image @ text.T
    if isinstance(given, torch.dtype):
        image, text = image.to(given), text.to(given)
    else:
        image, text = (torch.from_numpy(each.numpy().astype(given)) for each in (image, text))
    logits, penalty = rada.RAdaHead(512, alpha=1.0)(image, text, 100.0)
    assert logits.dtype == expected and penalty == 0
    torch.testing.assert_close(logits.float(), cosine, rtol=0, atol=0.5)


def test_another_number_of_classes_and_the_way_round():
    head, image = rada.RAdaHead(16, 2), F.normalize(torch.randn(3, 16), dim=-1)
    for classes in (2, 7):
        text = F.normalize(torch.randn(classes, 16), dim=-1)
        assert head(image, text, 100.0)[0].shape == (3, classes)
        with pytest.raises(ValueError, match=r"turned round, \(D, K\) with D = 16; give \(K, D\)"):
            head(image, text.T, 100.0)
    with pytest.raises(ValueError, match="L2-normalised, vector 1 has norm 3;"):
        head(image * torch.tensor([[1], [3], [1]]), text, 100.0)
