"""What holds for every registered trainer."""

import pytest
import torch

from rada.engine import registry as trainers_registry
from rada.trainers.rada import WithRAda
from tests.float64 import CLOSE, in_float64

OURS = trainers_registry.registered()
WITH_MASK = [n for n, c in OURS.items() if issubclass(c, WithRAda)]
TRAINED = [n for n, c in OURS.items() if not c.adaptation]  # or nothing to learn
LEARN = {n for n in TRAINED if n != "ZeroshotCLIP"}
BUILD = ("--no-train",)
# rates that show within a few steps
RATES = {"COOP": 0.02, "KGCOOP": 0.02, "PROGRAD": 0.02, "COCOOP": 0.01, "LINEARPROBE": 0.01}


def images_and_labels(trainer):
    """All training pictures in the test's fixed transform: (N, 3, 32, 32), (N,)."""
    items = [trainer.dm.test_loader.dataset[i] for i in range(len(trainer.dm.dataset.test))]
    pictures = [i["img"] if i["img"].dim() == 3 else i["img"][0] for i in items]  # the first view
    return torch.stack(pictures), torch.tensor([i["label"] for i in items])


def fast(name: str) -> tuple[str, ...]:
    """Options that let six epochs on sixteen pictures show."""
    mask = ("TRAINER.RADA.OPTIM.LR", "0.003") if name in WITH_MASK else ()
    own = RATES.get(OURS[name].section, 0.003)
    own = () if name == "RAda" else ("OPTIM.LR", str(own))
    return ("OPTIM.MAX_EPOCH", "6", *own, *mask)


@torch.no_grad()
def logits_of(trainer) -> torch.Tensor:
    trainer.set_model_mode("eval")
    return trainer.model(images_and_labels(trainer)[0]).logits


@pytest.mark.parametrize("name", WITH_MASK)
def test_mask_starts_from_the_baselines_logits(name, run_train, tmp_path):
    """RAdaX at initialisation is X: same logits, bit for bit."""
    baseline = next(c for c in OURS[name].__mro__[2:] if c.__name__ in OURS).__name__
    with_mask = run_train(name, tmp_path / "a", arguments=BUILD)
    without = run_train(baseline, tmp_path / "b", arguments=BUILD)
    assert torch.equal(logits_of(with_mask), logits_of(without))


@pytest.mark.parametrize("name", OURS)
def test_gradients_reach_the_declared_tensors_only(name, run_train, tmp_path):
    trainer = run_train(name, tmp_path, arguments=BUILD)
    images, labels = images_and_labels(trainer)
    for parameter in trainer.model.parameters():  # off the zero start, where most gradients vanish
        if parameter.requires_grad:
            parameter.data += 0.01 * torch.randn_like(parameter)
    output = trainer.model(images)
    if name == "ZeroshotCLIP":
        assert not output.logits.requires_grad
        return
    trainer.backward(output, images, labels)
    learned = {id(p) for module in trainer._models.values() for p in module.parameters()}
    for parameter_name, parameter in trainer.model.named_parameters():
        found = parameter.grad is not None and bool(parameter.grad.any())
        assert found == (id(parameter) in learned), parameter_name


@pytest.fixture(scope="module", params=TRAINED)
def finished(request, run_train, tmp_path_factory):
    """A run that several tests look at: the trainer's name, the trainer, its output folder."""
    output = tmp_path_factory.mktemp(request.param)
    return request.param, run_train(request.param, output, *fast(request.param)), output


def test_a_seed_fixes_the_run_and_a_checkpoint_its_logits(finished, run_train, tmp_path):
    """Two runs, one seed: equal bit for bit; so is the loaded checkpoint, on its classes."""
    name, first, output = finished
    second = run_train(name, tmp_path / "b", *fast(name))
    arguments = ("--eval-only", "--model-dir", str(output))
    loaded = run_train(name, tmp_path / "c", *fast(name), arguments=arguments)
    assert torch.equal(logits_of(first), logits_of(second))
    assert torch.equal(logits_of(first), logits_of(loaded))
    assert first.metrics["test/accuracy"] == loaded.metrics["test/accuracy"]


def test_class_names_may_change_between_training_and_test(finished, run_train, tmp_path):
    name, _, output = finished
    arguments = ("--eval-only", "--model-dir", str(output))
    for classes, count in (("new", 4), ("all", 8)):
        options = {"arguments": arguments, "classes": classes}
        trainer = run_train(name, tmp_path / classes, *fast(name), **options)
        assert logits_of(trainer).shape[1] == count


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", OURS)
def test_class_order_does_not_matter(name, run_train, tmp_path):
    """Logits of permuted classes are the permuted logits, also away from initialisation."""
    trainer = run_train(name, tmp_path, arguments=BUILD)
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.05 * torch.randn_like(parameter)
    logits = logits_of(trainer)
    order = [2, 0, 3, 1]
    names = trainer.dm.dataset.classnames
    state = {key: module.state_dict() for key, module in trainer._models.items()}
    backbone = trainer.model.encoder.backbone
    trainer.model = in_float64(trainer.build_classifier(backbone, [names[i] for i in order]))
    for key, own in trainer.learned().items():
        own.module.load_state_dict(state[key])
    torch.testing.assert_close(logits_of(trainer), logits[:, order], **CLOSE)


@pytest.mark.parametrize("name", sorted(LEARN))
def test_mixed_precision_trains(name, run_train, tmp_path):
    """PREC amp, bfloat16 on a CPU: everything learned moves, stays float32 and finite."""
    precision = (f"TRAINER.{OURS[name].section}.PREC", "amp")
    before = run_train(name, tmp_path / "a", *precision, arguments=BUILD)
    after = run_train(name, tmp_path / "b", *fast(name), *precision, "OPTIM.MAX_EPOCH", "2")
    for module, start in ((after._models[key], before._models[key]) for key in before._models):
        pairs = zip(module.named_parameters(), start.parameters(), strict=True)
        for (parameter_name, parameter), first in pairs:
            assert parameter.dtype == torch.float32 and parameter.isfinite().all()
            assert not torch.equal(parameter, first), parameter_name
