"""A setting that cannot work ends in one line that names it, and exit code 2."""

import pytest
import torch

from rada.class_names import require_distinct
from tests.tinyclip import draw_state_dict

CONFIGS = ("--config-file", "configs/trainers/CoOp/vit_b16_ctxv1.yaml")


@pytest.mark.parametrize(
    "trainer, replace, opts, message",
    [
        ("RAdaCop", [CONFIGS], (), 'unknown trainer "RAdaCop" (did you mean "RAdaCoOp"?)'),
        ("CoOp", (), ("DATASET.NAME", "Caltech"), '"Caltech" (did you mean "Caltech101"?)'),
        ("CoOp", (), ("TRAINER.COOP.NCTX", "4"), 'did you mean "TRAINER.COOP.N_CTX"?'),
        ("CoOp", (), ("OPTIM.LR",), "the command line: "),
        ("CoOp", (), ("OPTIM.MAX_EPOCH", "many"), "the command line: "),
        (
            "CoOp",
            (),
            ("TRAINER.COOP.PREC", "fp8"),
            '"fp8"; it is one of fp32, fp16, bf16, amp, amp_bf16',
        ),
        ("CoOp", (), ("DATASET.SUBSAMPLE_CLASSES", "old"), '"old"; it is one of all, base, new'),
        ("CoOp", (), ("INPUT.SIZE", "(64,64)"), "INPUT.SIZE"),
        ("CoOp", (), ("TRAINER.RADA.ALPHA", "1"), "unknown config key TRAINER.RADA.ALPHA"),
        ("RAda", (), ("OPTIM.LR", "0.1"), "TRAINER.RADA.OPTIM.LR"),
        (
            "RAda",
            (),
            ("TRAINER.RADA.HEADS", "5"),
            "1, 2, 4, 8, 16, 32 heads, not over 5",
        ),
        ("RAda", (), ("TRAINER.RADA.PENALTY", "l3"), "l3"),
        (
            "RAda",
            (),
            ("TRAINER.RADA.PREC", "fp16"),
            'PREC is "fp16"; it is one of fp32, amp, amp_bf16',
        ),
        ("RAda", (), ("TRAINER.RADA.PREC", "amp"), "needs the loss scaling that comes with"),
        (
            "ZeroshotCLIP",
            (),
            ("TRAINER.ZEROSHOTCLIP.TEMPLATE", "a photo"),
            '(the class name takes the place of "{}"',
        ),
        ("MaPLe", (), ("TRAINER.MAPLE.PROMPT_DEPTH", "3"), "has 2 vision blocks, TRAINER.MAPLE."),
        ("IVLP", (), ("TRAINER.IVLP.PROMPT_DEPTH_TEXT", "3"), "has 2 text blocks, TRAINER.IVLP."),
        ("IVLP", (), ("TRAINER.IVLP.PROMPT_DEPTH_TEXT", "0"), "at least 1"),
        ("IVLP", (), ("TRAINER.IVLP.N_CTX_VISION", "0"), "for no image prompts set"),
        ("MMA", (), ("TRAINER.MMA.ADAPTER_END", "3"), "has 2 vision blocks, TRAINER.MMA."),
        ("MMA", (), ("TRAINER.MMA.ADAPTER_START", "0"), "ADAPTER_START is"),
        ("CLIPAdapter", (), ("TRAINER.CLIPADAPTER.RATIO", "2.0"), "RATIO is"),
        ("DePTCoOp", (), ("TRAINER.DEPT.WEIGHT", "2.0"), "TRAINER.DEPT.WEIGHT is"),
        ("PromptSRC", (), ("TRAINER.PROMPTSRC.GPA_STD", "0.0"), "GPA_STD is"),
        ("RAda", (), ("TRAINER.RADA.ALPHA", "-1.0"), "TRAINER.RADA.ALPHA is"),
        ("KgCoOp", (), ("TRAINER.KGCOOP.W", "-1.0"), "TRAINER.KGCOOP.W is"),
        ("LinearProbe", (), ("MODEL.INIT_WEIGHTS", "a.pth"), "rows that belong to classes"),
        ("ProGrad", (), ("TRAINER.PROGRAD.T", "0.0"), "TRAINER.PROGRAD.T is"),
        ("KgCoOp", (), ("TRAINER.KGCOOP.TEMPLATE", "a"), "TRAINER.KGCOOP.TEMPLATE is"),
        ("KgCoOp", (), ("TRAINER.COOP.N_CTX", "4"), "TRAINER.COOP.N_CTX"),
        (
            "ZeroshotCLIP",
            (),
            ("TRAINER.ZEROSHOTCLIP.ENSEMBLE", "a"),
            "one of (empty), select, imagenet",
        ),
        ("CoOp", (), ("TRAINER.COOP.CTX_INIT", "a " * 76 + "photo"), 'class "face": its text has'),
        ("CoOp", [("--backbone", "ViT-B-16")], (), 'did you mean "ViT-B/16"?'),
        ("CoOp", [("--config-file", "configs/trainers/CoOp/vit.yaml")], (), "not found"),
        ("CoOp", [("--root", "nowhere")], (), "make demo"),
    ],
)
def test_wrong_words(trainer, replace, opts, message, mistake):
    assert message in mistake(trainer, opts, replace)


def test_visual_prompts_on_a_resnet(mistake, tmp_path):
    torch.save(draw_state_dict("tinyclip_rn_spec.json"), tmp_path / "rn.pt")
    size = ("INPUT.SIZE", "(64,64)")
    line = mistake("MaPLe", size, [("--backbone", tmp_path / "rn.pt")])
    assert "rn.pt is a ResNet" in line and "take a ViT backbone" in line


@pytest.mark.parametrize(
    "names, message",
    [
        (["cat", "dog", "cat"], 'classes 0 and 2 of Pets are both named "cat"'),
        (["cat", " "], "class 1 of Pets has an empty name"),
    ],
)
def test_class_names_that_cannot_work(names, message):
    with pytest.raises(ValueError, match=message):
        require_distinct(names, type("Pets", (), {}))
    require_distinct(["missile", "missile"], type("ImageNet", (), {"shared_names": True}))
