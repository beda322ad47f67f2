"""Top-k accuracy and the evaluator against Dassl's numbers and lines."""

import pytest
import torch

from dassl.evaluation import build_evaluator
from dassl.metrics import compute_accuracy

pytestmark = pytest.mark.numerical

OUTPUT = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
LABEL = torch.tensor([1, 1, 2])


def test_top_1_is_dassls(golden):
    messages = golden("dassl_messages.json")
    found = [value.tolist() for value in compute_accuracy(OUTPUT, LABEL)]
    assert found == messages["compute_accuracy_top1"]
    found = [value.tolist() for value in compute_accuracy((OUTPUT, None), LABEL)]
    assert found == messages["compute_accuracy_tuple_input"]


def test_top_k_works():
    """Where Dassl fails on current PyTorch."""
    one, two, three = compute_accuracy(OUTPUT, LABEL, topk=(1, 2, 3))
    assert [round(v.item(), 3) for v in (one, two, three)] == [66.667, 100.0, 100.0]


@pytest.mark.parametrize("index", range(5))
def test_evaluator(index, golden, cfg, capsys):
    case = golden("dassl_evaluator.json")["cases"][index]
    arrays = golden("dassl_evaluator.npz")
    logits, label = (torch.from_numpy(arrays[f"{case['name']}.{k}"]) for k in ("logits", "label"))
    cfg.TEST.PER_CLASS_RESULT = case["PER_CLASS_RESULT"]
    cfg.TEST.COMPUTE_CMAT = case["COMPUTE_CMAT"]
    names = {i: f"name {i}" for i in range(logits.shape[1])}
    evaluator = build_evaluator(cfg, lab2cname=names)
    assert capsys.readouterr().out.splitlines() == case["build_lines"]
    evaluator.process(logits[:1], 0 * label[:1])  # forgotten by reset
    evaluator.reset()
    for part in range(0, len(label), len(label) // 3):
        stop = part + len(label) // 3
        evaluator.process(logits[part:stop], label[part:stop])
    results = evaluator.evaluate()
    lines = capsys.readouterr().out.replace(cfg.OUTPUT_DIR, "OUT").splitlines()
    assert lines == case["lines"]
    assert list(results) == case["result_order"]
    assert results == pytest.approx(case["results"], rel=1e-12)
    if case["COMPUTE_CMAT"]:
        saved = torch.load(f"{cfg.OUTPUT_DIR}/cmat.pt", weights_only=True)
        expected = torch.from_numpy(arrays[f"{case['name']}.cmat"])
        torch.testing.assert_close(saved, expected, rtol=1e-12, atol=0)


def test_per_class_results_need_names(cfg):
    cfg.TEST.PER_CLASS_RESULT = True
    with pytest.raises(ValueError, match="names of the classes"):
        build_evaluator(cfg, lab2cname=None)
