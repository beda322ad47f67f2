"""What benchmarks/cost.py measures of a trainer: a training step and a test step.

Each is the trainer's own. Pictures are random, the classes are called "class 0", "class 1", ...
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from benchmarks.steps_case import Step, ready
from rada import listing
from rada.backbones.backbone import Backbone
from rada.classifier import CLIPClassifier
from rada.engine.registry import registered
from rada.engine.trainer import CLIPTrainer
from rada.head.cosine import CosineHead
from rada.head.rational import RAdaHead
from rada.test_time.episodes import Episodes
from rada.test_time.token_alignment import gather, watched_blocks
from rada.trainers.promptalign import Alignment


class Trained:
    """A trainer that learns before the test, or nothing.

    Attributes:
        trainer: assembled, with its optimisers.
        num_images: B; 1 if class features depend on the image.
        train: a training step (`benchmarks.steps_case.Step`); of a trainer that learns nothing a
            forward pass, for those that add something to it.
        learns: whether it has a training step of its own.
    """

    def __init__(self, name: str, backbone: Backbone, num_classes: int, num_images: int):
        self.train = Step(name, backbone, num_classes, num_images)
        self.trainer, self.num_images = self.train.trainer, self.train.num_images
        move_mask(self.trainer)
        self.learns = bool(self.trainer._models)

    @contextmanager
    def testing(self) -> Iterator[Callable[[], object]]:
        """Inside, a test step: class features are encoded once, before, as in the trainer's test.

        But for those that depend on the image.
        """
        model, images = self.trainer.model, self.train.batch["img"]
        with torch.no_grad(), model.classes_encoded_once():
            yield lambda: model(images)


class Tuned:
    """A trainer that learns from each test picture alone: it has a test step only.

    Attributes: as of `Trained`; it takes one image at a time.
    """

    train, learns, num_images = None, False, 1

    def __init__(self, name: str, backbone: Backbone, num_classes: int, num_images: int):
        torch.manual_seed(0)
        self.trainer = ready(registered()[name], backbone, num_classes)
        if self.trainer.starts_from:
            move_mask(self.trainer)
        shape = 1, self.trainer.cfg.TEST.VIEWS, 3, backbone.image_size, backbone.image_size
        self.views = torch.randn(shape).to(self.trainer.device)
        if isinstance(self.trainer.adapts, Alignment):
            self.trainer.adapts.source = self.statistics()

    def statistics(self):
        """Token statistics of two pictures in the place of a training set's."""
        encoder = self.trainer.model.encoder
        visual, blocks = encoder.backbone.model.visual, self.trainer.adapts.blocks
        with torch.no_grad(), watched_blocks(visual, blocks) as entered:
            encoder.encode_image(self.views[0, :2])
        return gather(iter([entered]))

    @contextmanager
    def testing(self) -> Iterator[Callable[[], object]]:
        """Inside, an episode: views, the choice of some, steps, prediction."""
        episodes = self.episodes()
        yield lambda: episodes.adapt(self.views)

    def episodes(self) -> Episodes:
        """The trainer's."""
        return self.trainer.adapts.build_episodes()


class Untuned(Tuned):
    """The same views of a picture seen by zero-shot CLIP: what an episode of a mask adds to."""

    def episodes(self) -> Episodes:
        """Without a step, of CLIP's own head."""
        model = CLIPClassifier(self.trainer.model.encoder, CosineHead())
        episode = self.trainer.adapts.episode()._replace(steps=0, optimizer=lambda tensors: None)
        return Episodes(model, (), episode)


def side(name: str, *sizes) -> Trained | Tuned:
    """What is measured of a trainer.

    Args:
        name: of a registered trainer.
        sizes: backbone, K and B.
    """
    return (Tuned if registered()[name].adaptation else Trained)(name, *sizes)


def side_without_mask(name: str, *sizes) -> Trained | Tuned:
    """What a trainer with a mask adds it to; arguments as for `side`."""
    classes = registered()
    if classes[name].adaptation:
        return Untuned(name, *sizes)
    return Trained(listing.baseline(name, classes), *sizes)


def move_mask(trainer: CLIPTrainer) -> None:
    """Let a mask, one everywhere at first, be as after a training."""
    if isinstance(trainer.model.head, RAdaHead):
        out = trainer.model.head.mask.out.weight
        torch.nn.init.normal_(out, std=0.1 * len(out) ** -0.5)
