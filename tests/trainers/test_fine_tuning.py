"""What is special about each trainer of full fine-tuning."""

import pytest
import torch
from torch.nn import functional as F

from rada.losses import contrastive_loss
from rada.trainers.fine_tuning import LPFT
from tests.float64 import CLOSE
from tests.trainers.test_every_trainer import images_and_labels, logits_of

pytestmark = pytest.mark.numerical

BUILD = ("--no-train",)
SGD = ("OPTIM.NAME", "sgd", "OPTIM.LR", "0.001", "OPTIM.WARMUP_STEPS", "0")
LAST = ("TEST.FINAL_MODEL", "last_step")
SHORT = ("OPTIM.MAX_EPOCH", "2", *LAST, *SGD)


def state_of(trainer) -> dict[str, torch.Tensor]:
    """Copies of all learned tensors."""
    return {
        f"{name}.{key}": parameter.detach().clone()
        for name, module in trainer._models.items()
        for key, parameter in module.named_parameters()
    }


@pytest.mark.usefixtures("float64")
def test_l2sp_adds_its_weight_times_the_squared_distance(run_train, tmp_path):
    trainer = run_train("L2SP", tmp_path, "TRAINER.L2SP.WEIGHT", "0.25", arguments=BUILD)
    images, labels = images_and_labels(trainer)
    start = [p.detach().clone() for p in trainer._models["image_encoder"].parameters()]
    for parameter in (p for module in trainer._models.values() for p in module.parameters()):
        parameter.data += 0.01 * torch.randn_like(parameter)  # the classifier's as well
    moved = list(trainer._models["image_encoder"].parameters())
    distance = sum(((p - s) ** 2).sum().item() for p, s in zip(moved, start, strict=True))
    output = trainer.model(images)
    expected = F.cross_entropy(output.logits, labels).item() + 0.25 * distance
    assert trainer.criterion(output, images, labels).item() == pytest.approx(expected, rel=1e-9)


def test_lpft_starts_its_second_phase_where_the_first_ended(run_train, tmp_path, monkeypatch):
    """The probe moves the classifier alone; the second phase begins with the same weights."""
    begun, ended = [], []

    def before_epoch(self):
        super(LPFT, self).before_epoch()
        begun.append((state_of(self), logits_of(self), self.active()))

    def after_epoch(self):
        ended.append((state_of(self), logits_of(self)))
        super(LPFT, self).after_epoch()

    monkeypatch.setattr(LPFT, "before_epoch", before_epoch)
    monkeypatch.setattr(LPFT, "after_epoch", after_epoch)
    probe = ("TRAINER.LPFT.PROBE_EPOCHS", "3", "TRAINER.LPFT.OPTIM.LR", "0.1")
    trainer = run_train("LPFT", tmp_path, *SHORT, *probe)
    assert [names for *_, names in begun] == [["probe"]] * 3 + [["image_encoder", "linear"]] * 2
    assert torch.equal(begun[3][1], ended[2][1])  # logits, hence accuracy
    for key, before in begun[0][0].items():
        assert torch.equal(before, ended[2][0][key]) == key.startswith("image_encoder"), key
    end = state_of(trainer)
    assert not any(torch.equal(begun[3][0][key], end[key]) for key in end if "proj" in key)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("pieces", [1, 3])
def test_flyps_gradient_is_that_of_the_whole_batch(pieces, run_train, tmp_path):
    accumulate = ("TRAIN.ACCUMULATE", str(pieces), "TRAINER.FLYP.ENSEMBLE", "select")
    trainer = run_train("FLYP", tmp_path, *accumulate, arguments=BUILD)
    batch = next(iter(trainer.train_loader_x))
    images, labels = trainer.parse_batch_train(batch)
    loss, _ = trainer.backward_batch(batch, images, labels)
    found = {n: p.grad.clone() for n, p in trainer._models["clip"].named_parameters()}
    trainer._models["clip"].zero_grad()
    tokens = trainer.captions(batch["draw"], labels)
    output = trainer.model(images, tokens)
    scale = trainer.model.encoder.backbone.logit_scale
    expected = contrastive_loss(output.image_features, output.text_features, scale)
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-9)
    for name, parameter in trainer._models["clip"].named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, **CLOSE)


def test_flyp_draws_a_sentence_for_each_picture(run_train, tmp_path):
    ensemble = ("TRAINER.FLYP.ENSEMBLE", "select", "DATALOADER.TRAIN_X.BATCH_SIZE", "16")
    trainer = run_train("FLYP", tmp_path, *ensemble, arguments=BUILD)
    batch = next(iter(trainer.train_loader_x))
    tokens = trainer.captions(batch["draw"], batch["label"])
    sentences = trainer.model.encoder.sentences
    drawn = [
        [i for i, said in enumerate(sentences[:, label]) if torch.equal(said, own)]
        for own, label in zip(tokens, batch["label"], strict=True)
    ]
    assert all(len(found) == 1 for found in drawn) and len({i for (i,) in drawn}) > 2


def test_gradients_are_clipped_all_together(run_train, tmp_path):
    options = ("TRAIN.CLIP_NORM", "0.01", "OPTIM.NAME", "sgd", "OPTIM.MOMENTUM", "0.0")
    trainer = run_train("FT", tmp_path, *options, "OPTIM.WEIGHT_DECAY", "0.0", arguments=BUILD)
    trainer.epoch = trainer.start_epoch = trainer.batch_idx = 0
    trainer.num_batches = 2
    trainer.before_epoch()
    trainer.forward_backward(next(iter(trainer.train_loader_x)))
    gradients = [p.grad for m in trainer._models.values() for p in m.parameters()]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    assert norm.item() == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(
    "options, words",
    [
        (("TRAINER.FT.PREC", "fp16"), "FT trains the encoders' weights, which have to be float32"),
        (("TRAIN.LOOP", "epochs"), "FT needs TRAIN.LOOP steps"),
        (("TRAIN.LOOP", "forever"), 'TRAIN.LOOP is "forever"; it is one of epochs, steps'),
        (("TRAIN.ACCUMULATE", "0"), "TRAIN.ACCUMULATE is"),
        (("TRAIN.CLIP_NORM", "-1.0"), "TRAIN.CLIP_NORM is"),
        (("TRAIN.HOLD_OUT", "1.0"), "TRAIN.HOLD_OUT is"),
        (("TEST.WISE_FT", "(0.5,2.0)"), "TEST.WISE_FT is"),
        (("TEST.WISE_FT", "(0.5,)"), "give it with --eval-only"),
    ],
)
def test_impossible_settings(options, words, mistake):
    assert words in mistake("FT", opts=options)


def test_settings_that_need_the_loop_by_steps(mistake):
    words = "nothing reads TRAIN.SAVE_STEPS unless TRAIN.LOOP is steps"
    assert words in mistake("CoOp", opts=("TRAIN.SAVE_STEPS", "5"))
    words = "this method's gradient is not the mean over parts of a batch"
    assert words in mistake("ProGrad", opts=("TRAIN.ACCUMULATE", "2"))
