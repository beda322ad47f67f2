"""Every setting reaches what it is for: a value off its default changes what is built or learned.

Formulas have tests of their own, with numbers given by hand. Here each key of each trainer's
`settings` and `nodes`, and each that this project adds to OPTIM, TRAIN, TEST and FEATURES, is set
to another value: the fingerprint of the trainer (modules, optimisers, rates of all epochs, loss and
weights of a step, or the predictions of an episode) must differ, and so must checkpoint metadata. A
new key or trainer is picked up unasked; if its other value cannot be guessed, it goes into VALUES.
"""

import hashlib
import math
import warnings
from typing import Any

import pytest
import torch
from yacs.config import CfgNode

from dassl.config import get_cfg_default
from rada.engine import registry as trainers_registry
from rada.engine.checkpoints import flatten
from rada.losses import GaussianAverage
from rada.settings import BY_STEPS, FEATURES, TRAIN, defaults
from rada.settings import EPISODE as SETTINGS

OURS = trainers_registry.registered()
EPISODES = ("TEST.VIEWS", "4", "TEST.KEEP", "0.5", "TEST.EPISODES", "2", "TEST.STEPS", "2")

# other values, by the key or its last part; numbers and switches need none
VALUES = {
    "FORM": "linear",
    "TRAINER.RADA.PREC": "amp_bf16",
    "TRAINER.MMA.PREC": "fp32",
    "TRAINER.DEPT.WEIGHT": "0.5",
    "PREC": "amp",
    "HEADS": "4",
    "CTX_INIT": "one of many words",
    "CLASS_TOKEN_POSITION": "front",
    "TEMPLATE": "a blurry picture of a {}.",
    "ENSEMBLE": "select",
    "PENALTY": "mse",
    "TUNE": "prompt",
    "NAME": "rmsprop",
    "LR_SCHEDULER": "cosine",
    "WARMUP_TYPE": "constant",
    "WARMUP_STEPS": "2",
    "STEPSIZE": "(2,)",
    "NEW_LAYERS": "('image', 'key', 'weight', 'transform')",
    "WARMUP_EPOCH": "2",
    "AUGMIX": "off",
    "FOLDER": "elsewhere",
    "LOOP": "steps",
    "CLIP_NORM": "1e-6",
    "PROMPT_DEPTH": "1",
    "PROMPT_DEPTH_VISION": "1",
    "PROMPT_DEPTH_TEXT": "1",
    "ADAPTER_START": "1",
    "ADAPTER_END": "1",
    "SGD_DAMPNING": "1",
    "ADAM_BETA1": "0.8",
    "ADAM_BETA2": "0.9",
    "RMSPROP_ALPHA": "0.9",
    "MOMENTUM": "0.5",
    "KEEP": "0.25",
    "TO": "2",
    "FROM": "1",
}
# what has to be set beside a key for anything to read it, by the last part of the key; {} is the
# key's node
BY_EPOCHS = ("{}.WARMUP_STEPS", "-1", "{}.WARMUP_EPOCH")
WARMED = (*BY_EPOCHS, "1", "{}.LR_SCHEDULER", "cosine", "{}.WARMUP_CONS_LR", "2e-5")
STEPPED = (*BY_EPOCHS, "-1", "{}.LR_SCHEDULER", "single_step", "{}.STEPSIZE", "(1,)")
STAGED = ("{}.STAGED_LR", "True", "{}.NEW_LAYERS", "('text', 'out', 'bias')")
CONTEXTS = {
    "N_CTX": ("{}.CTX_INIT", ""),
    "CSC": ("{}.CTX_INIT", ""),
    "ADAPTER_END": ("{}.ADAPTER_START", "1"),
    "MOMENTUM": ("{}.NAME", "sgd"),
    "SGD_DAMPNING": ("{}.NAME", "sgd"),
    "SGD_NESTEROV": ("{}.NAME", "sgd"),
    "RMSPROP_ALPHA": ("{}.NAME", "rmsprop"),
    "ADAM_BETA1": ("{}.NAME", "adam"),
    "ADAM_BETA2": ("{}.NAME", "adam"),
    "STAGED_LR": STAGED[2:],
    "BASE_LR_MULT": STAGED,
    "NEW_LAYERS": STAGED,
    "LR_SCHEDULER": STEPPED,
    "STEPSIZE": STEPPED,
    "GAMMA": STEPPED,
    "WARMUP_EPOCH": WARMED,
    "WARMUP_STEPS": (*BY_EPOCHS, "-1", "{}.LR_SCHEDULER", "cosine"),
    "WARMUP_CONS_LR": (*WARMED, "{}.WARMUP_TYPE", "constant"),
    "WARMUP_MIN_LR": (*WARMED, "{}.WARMUP_TYPE", "linear"),
    "WARMUP_TYPE": (*WARMED, "{}.WARMUP_TYPE", "linear"),
    "WARMUP_RECOUNT": (*WARMED, "{}.WARMUP_TYPE", "constant"),
    "SAVE_STEPS": ("{}.LOOP", "steps"),
    "SAVE_MINUTES": ("{}.LOOP", "steps"),
    "AUGMENTATIONS": ("FEATURES.CACHE", "True"),
    "TO": ("{}.FROM", "0"),
}
# keys that change no module, optimiser, rate, loss or prediction, and why
READ_ELSEWHERE = {
    "TRAIN.LOOP": "the same numbers, made another way (test_data_order.py, test_pieces.py)",
    "TRAIN.ACCUMULATE": "the same gradient, in pieces (test_pieces.py)",
    "TRAIN.ACTIVATION_CHECKPOINTING": "the same gradient, with less memory (test_pieces.py)",
    "TRAIN.SAVE_STEPS": "when the run is saved (test_killed.py)",
    "TRAIN.SAVE_MINUTES": "when the run is saved (test_interrupted.py)",
    "TRAIN.HOLD_OUT": "which images validate (test_validation.py)",
    "FEATURES.CACHE": "the same numbers, encoded once (test_encode_once.py)",
    "FEATURES.FOLDER": "where features lie (test_encode_once.py)",
    "FEATURES.AUGMENTATIONS": "which views there are (test_encode_once.py)",
    "TRAINER.RADA.FORM": "the same numbers, computed another way (test_rational.py)",
    "TEST.EPISODES": "the same predictions, more at a time (test_adaptation.py)",
}
# settings that the learned tensors outlive, or that change nothing of what was learned
UNRECORDED = {"ACTIVATION_CHECKPOINTING", "ACCUMULATE", "SAVE_STEPS", "SAVE_MINUTES", "FOLDER"}


def cases() -> dict[str, tuple[str, str]]:
    """Trainer and dotted key by test name; each declaration once, where it is declared."""
    found, seen = {}, set()

    def add(name: str, prefix: str, declared: dict) -> None:
        if (prefix, id(declared)) not in seen:
            seen.add((prefix, id(declared)))
            for key in flatten(CfgNode(defaults(declared)), f"{prefix}."):
                found[f"{name}-{key}"] = name, key

    for name, cls in OURS.items():
        add(name, f"TRAINER.{cls.section}", cls.settings)
        for base in reversed(cls.__mro__):
            for node, declared in vars(base).get("nodes", {}).items():
                if declared is cls.nodes.get(node):
                    add(name, f"TRAINER.{node}", declared)
    optim = {k: v for k, v in (get_cfg_default().OPTIM | BY_STEPS).items() if k != "MAX_EPOCH"}
    add("CLIPAdapter", "OPTIM", optim)
    add("CLIPAdapter", "TRAIN", TRAIN)
    add("CLIPAdapter", "FEATURES", FEATURES)
    add("TPT", "TEST", SETTINGS)
    return found


CASES = cases()


def fingerprint(trainer) -> dict[str, Any]:
    """What a trainer is: everything that a setting can reach, by name."""
    found = {}
    modules = {"model": trainer.model, **trainer._models}
    for place, module in modules.items():
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            found[f"{place} {name}"] = digest(tensor), tensor.requires_grad
        for name, part in module.named_modules():
            for key, value in vars(part).items():
                if isinstance(value, bool | int | float | str | list | tuple):
                    found[f"{place} {name}.{key}"] = repr(value)
    for name, optim in trainer._optims.items():
        if optim:
            groups = [{k: v for k, v in g.items() if k != "params"} for g in optim.param_groups]
            names = {id(p): key for key, p in trainer._models[name].named_parameters()}
            members = [[names[id(p)] for p in group["params"]] for group in optim.param_groups]
            found[f"optimiser {name}"] = type(optim).__name__, repr(groups), members
    found["epochs"] = trainer.max_epoch, repr(trainer.phases)
    if trainer.adapts:
        found["predictions"] = digest(predictions(trainer))
    elif trainer._models:
        found["step"] = step(trainer)
        found["rates"] = [rates(trainer, name) for name in trainer._models]
    return found


def digest(tensor: torch.Tensor) -> str:
    """Of shape and values, bit for bit."""
    values = tensor.detach().cpu().flatten().view(torch.uint8)
    return f"{tuple(tensor.shape)} {hashlib.sha256(values.numpy().tobytes()).hexdigest()}"


def shaken(trainer) -> None:
    """Move what is learned off its start, where most gradients are zero."""
    generator = torch.Generator().manual_seed(5)
    for module in trainer._models.values():
        for parameter in module.parameters():
            parameter.data += 0.02 * torch.randn(parameter.shape, generator=generator)


def step(trainer) -> tuple:
    """Loss of a training step, and digests of what it learned."""
    shaken(trainer)
    trainer.epoch = trainer.start_epoch = trainer.batch_idx = 0
    trainer.set_model_mode("train")
    torch.manual_seed(0)
    batch = next(iter(trainer.train_loader_x))
    trainer.num_batches = len(trainer.train_loader_x)
    trainer.before_epoch()
    losses = trainer.forward_backward(batch)
    learned = [digest(p) for module in trainer._models.values() for p in module.parameters()]
    return losses, learned


def rates(trainer, name: str) -> list[list[float]]:
    """A module's learning rates, epoch by epoch (or step by step)."""
    optim, sched = trainer._optims[name], trainer._scheds[name]
    found = []
    for _ in range(5 if optim else 0):
        found.append([group["lr"] for group in optim.param_groups])
        with warnings.catch_warnings():  # no steps of the optimiser are taken here
            warnings.simplefilter("ignore")
            sched.step()
    return found


def predictions(trainer) -> torch.Tensor:
    """Logits of the first test images, each behind its episode."""
    shaken(trainer)
    if hasattr(
        trainer.adapts, "blocks"
    ):  # PromptAlign's source: some statistics, not those of a training
        visual = trainer.model.encoder.backbone.model.visual
        width = visual.transformer.resblocks[0].ln_1.normalized_shape[0]
        zeros = torch.zeros(len(trainer.adapts.blocks), 1, width)
        trainer.adapts.source = zeros, zeros
    trainer.set_model_mode("eval")
    batch = next(iter(trainer.test_loader))
    return trainer.model_inference(trainer.parse_batch_test(batch)[0])


@pytest.fixture(scope="module")
def bases():
    """Fingerprints and metadata of trainers before a key is changed, by trainer and context."""
    return {}


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """Where image features go that are made once."""
    return str(tmp_path_factory.mktemp("features"))


@pytest.fixture
def build(run_train, tmp_path, features):
    """Fingerprint, checkpoint metadata and config of a trainer with some options."""

    def make(name: str, options: tuple[str, ...]):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        first = (*EPISODES,) if OURS[name].adaptation else ("OPTIM.MAX_EPOCH", "4")
        first += ("FEATURES.FOLDER", features)
        trainer = run_train(name, folder, *first, *options, arguments=("--no-train",))
        metadata = trainer.checkpoints.metadata()
        return fingerprint(trainer), metadata, trainer.cfg

    return make


def context_of(key: str) -> tuple[str, ...]:
    """Options that let a key be read."""
    node, _, leaf = key.rpartition(".")
    return tuple(word.format(node) for word in CONTEXTS.get(leaf, ()))


def other(cfg: CfgNode, key: str) -> str:
    """A value that a key does not have."""
    *path, leaf = key.split(".")
    for part in path:
        cfg = cfg[part]
    now = cfg[leaf]
    listed = VALUES.get(key, VALUES.get(leaf, str(now)))
    if listed != str(now):
        return listed
    if isinstance(now, bool):
        return str(not now)
    if isinstance(now, int):
        return str(now + 1)
    if isinstance(now, float):
        return str(now * 1.5 if now else 0.5)
    raise AssertionError(f"{key} is {now!r}: add another value of it to VALUES")


@pytest.mark.parametrize("case", CASES)
def test_a_setting_reaches_what_it_is_for(case, build, bases):
    name, key = CASES[case]
    context = context_of(key)
    if (name, context) not in bases:
        bases[name, context] = build(name, context)
    before, metadata, cfg = bases[name, context]
    after, changed_metadata, _ = build(name, (*context, key, other(cfg, key)))
    if key not in READ_ELSEWHERE:
        assert after != before, f"{key} changes nothing"
    node, _, leaf = key.rpartition(".")
    if OURS[name].adaptation and node.startswith("TEST"):
        return  # what a prediction log remembers of them is tested in test_tuned_resume.py
    if leaf not in UNRECORDED and node not in ("TRAIN", "FEATURES"):
        assert changed_metadata != metadata, f"checkpoints do not remember {key}"


@pytest.mark.parametrize("name", ["CLIPAdapter", "RAdaMaPLe", "FLYP", "PromptAlign", "RAdaTPT"])
def test_without_a_change_nothing_changes(name, build):
    """So that a difference above is the setting's."""
    first, second = build(name, ()), build(name, ())
    assert first[0] == second[0] and first[1] == second[1]


@pytest.mark.parametrize("keys", READ_ELSEWHERE)
def test_the_list_of_exceptions_holds_no_key_that_is_gone(keys):
    assert keys in {key for _, key in CASES.values()}


def test_promptsrc_ends_with_the_average_of_its_epochs(run_train, tmp_path, monkeypatch):
    """Equation 7 of arXiv 2307.06948, from the weights that each epoch left, in float64."""
    states, add = [], GaussianAverage.add

    def remember(self, module, epoch):
        states.append([p.detach().double().clone() for p in module.parameters()])
        add(self, module, epoch)

    monkeypatch.setattr(GaussianAverage, "add", remember)
    node = "TRAINER.PROMPTSRC"
    options = ("OPTIM.MAX_EPOCH", "3", "OPTIM.LR", "0.05", "OPTIM.WARMUP_EPOCH", "-1")
    trainer = run_train(
        "PromptSRC", tmp_path, *options, f"{node}.GPA_MEAN", "2.0", f"{node}.GPA_STD", "0.8"
    )
    density = [math.exp(-0.5 * ((epoch - 2) / 0.8) ** 2) for epoch in (1, 2, 3)]
    final = list(trainer.averaged.parameters())
    for place, parameter in enumerate(final):
        parts = [d * state[place] for d, state in zip(density, states, strict=True)]
        expected = sum(parts) / sum(density)
        torch.testing.assert_close(parameter.detach().double(), expected, rtol=1e-6, atol=1e-6)
    moved = [(s - p).abs().max() for s, p in zip(states[-1], final, strict=True)]
    assert max(moved) > 1e-4  # the average is not the last epoch's
