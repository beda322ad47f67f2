"""What every trainer learns, counted without weights and without a dataset.

Each trainer is put together on a backbone of the right widths, with its published settings; what
encoders give is not needed for that, so `StandIn` stands in for them.
"""

import contextlib
from collections.abc import Sequence

import torch
from tabulate import tabulate
from torch import Tensor
from torch.overrides import TorchFunctionMode
from yacs.config import CfgNode

from rada import config_files
from rada.backbones.backbone import Backbone
from rada.backbones.loading import (
    GEOMETRIES,
    LOG_SCALE,
    build_backbone,
    clip_of,
    random_backbone,
)
from rada.engine import registry as trainers_registry
from rada.engine.config import defaults_of, merge, renamed
from rada.engine.names_only import trainer_of_names
from rada.engine.trainer import CLIPTrainer
from rada.trainers.rada import WithRAda
from rada.yaml_files import read_yaml

PUBLISHED = "vit_b16_ctxv1.yaml"


class StandIn(Backbone):
    """A backbone whose encoders are done at once, with the same feature for everything.

    Embeddings and widths are those of the backbone it stands in for. A word is one token, and all
    texts are as long as the first: nobody reads them, and the real ones of a thousand classes take
    minutes.
    """

    def __init__(self, backbone: Backbone):
        super().__init__(backbone.model)

    def tokenize(self, texts: Sequence[str], names: Sequence[str] = ()) -> Tensor:
        """Token ids (K, 77): a start, one for each word, an end, zeros."""
        end, last = self.model.token_embedding.num_embeddings - 1, self.context_length - 1
        words = min(len(texts[0].split()), last - 1)
        row = torch.zeros(1, last + 1, dtype=torch.long)
        row[0, 0], row[0, 1 : words + 1], row[0, words + 1] = end - 1, 1, end
        return row.expand(len(texts), -1).to(self.model.text_projection.device)

    def encode_image(self, images: Tensor, *args, **kwargs) -> Tensor:
        """(B, D) for images (B, ...)."""
        return self._features(len(images))

    def encode_text(self, tokens: Tensor, *args, **kwargs) -> Tensor:
        """(K, D) for tokens (K, L)."""
        return self._features(len(tokens))

    def _features(self, number: int) -> Tensor:
        device = self.model.text_projection.device
        return torch.ones(1, self.dim, device=device).expand(number, -1)


def table(backbone_name: str, num_classes: int) -> str:
    """The table of all registered trainers, as `python -m trainers --list` prints it.

    Args:
        backbone_name: a key of GEOMETRIES, "TinyCLIP" or a checkpoint file.
        num_classes: 1 or more.

    Raises:
        ValueError: for an unknown backbone, or fewer than one class.
    """
    if num_classes < 1:
        raise ValueError(f"--classes must be 1 or more, got {num_classes}")
    stand_in = StandIn(shaped_backbone(backbone_name))
    rows = []
    for name, cls in in_order(trainers_registry.registered()).items():
        summary = (cls.__doc__ or "").strip().partition("\n")[0]
        rows.append([name, *learned_columns(cls, stand_in, num_classes), summary])
    headers = ["trainer", "learned parameters", "float32", "what it does"]
    align = "left", "right", "right", "left"
    text = tabulate(rows, headers, disable_numparse=True, colalign=align)
    return f"{text}\n\n{backbone_name}, {num_classes} classes, settings of {PUBLISHED}"


def learned_columns(cls: type[CLIPTrainer], backbone: Backbone, num_classes: int) -> list[str]:
    """Learned parameters and their size; "needs a ViT" for a trainer that no ResNet fits."""
    try:
        count = learned_parameters(assemble(composed_only(cls), backbone, num_classes))
    except ValueError:
        if backbone.vision_blocks:
            raise
        return ["needs a ViT", ""]
    size = 4 * count  # bytes of float32
    return [f"{count:,}", f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"]


def in_order(classes: dict[str, type[CLIPTrainer]]) -> dict[str, type[CLIPTrainer]]:
    """Each baseline, then its RAda version: first what learns nothing, the rest by name."""

    def place(name: str) -> tuple:
        with_mask = issubclass(classes[name], WithRAda)
        base = classes[baseline(name, classes)] if with_mask else classes[name]
        return base.learned is not CLIPTrainer.learned, base.__name__.lower(), with_mask, name

    return {name: classes[name] for name in sorted(classes, key=place)}


def baseline(name: str, classes: dict[str, type[CLIPTrainer]]) -> str:
    """The name of the trainer that a RAda version adds its mask to."""
    bases = (base.__name__ for base in classes[name].__mro__[1:])
    known = (base for base in bases if base in classes)
    return next(base for base in known if not issubclass(classes[base], WithRAda))


def named_backbone(name: str) -> Backbone:
    """A published geometry with random weights, or the backbone of a file, in float32."""
    return random_backbone(name) if name in GEOMETRIES else build_backbone(name)


def shaped_backbone(name: str) -> Backbone:
    """As `named_backbone`; the weights of a published geometry are whatever lay in memory."""
    if name not in GEOMETRIES:
        return build_backbone(name)
    with Uninitialised():
        model = clip_of(name)
    model.logit_scale.data.fill_(LOG_SCALE)
    return Backbone(model)


class Uninitialised(TorchFunctionMode):
    """Inside, modules are made without drawing their weights, which takes a second."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """What is drawn at random stays as it is."""
        kwargs = kwargs or {}
        if getattr(func, "__name__", "").endswith(("uniform_", "normal_")):  # and kaiming's
            return args[0] if args else kwargs["tensor"]
        return (torch.empty if func is torch.randn else func)(*args, **kwargs)


def composed_only(cls: type[CLIPTrainer]) -> type[CLIPTrainer]:
    """The trainer without optimisers: PyTorch imports its compiler for the first one, a second."""

    class Composed(cls):
        def check_settings(self, cfg: CfgNode) -> None:
            """They are published ones; some are checked by making an optimiser of them."""

        def register_learned(self) -> None:
            """What is learned is counted, not trained."""

    Composed.__name__ = cls.__name__
    return Composed


def assemble(cls: type[CLIPTrainer], backbone: Backbone, num_classes: int) -> CLIPTrainer:
    """A trainer with its published settings, over classes called "class 0", "class 1", ...

    Args:
        cls: a registered trainer.
        backbone: of the classifier; its device is the trainer's.
        num_classes: K.

    Raises:
        ValueError: if the trainer does not fit the backbone.
    """
    names = [f"class {i}" for i in range(num_classes)]
    return trainer_of_names(cls, published_settings(cls, backbone), backbone, names)


def published_settings(cls: type[CLIPTrainer], backbone: Backbone) -> CfgNode:
    """The trainer's published config, else its defaults; no deeper than the backbone, float32."""
    cfg, table = defaults_of(cls)
    with contextlib.suppress(FileNotFoundError):
        for file in config_files.layers(f"configs/trainers/{cls.__name__}/{PUBLISHED}"):
            merge(cfg, table, renamed(read_yaml(file), file, cls))
    cfg.MODEL.BACKBONE.NAME = "this backbone"  # for messages
    own = cfg.TRAINER[cls.section]
    own.PREC = "fp32"
    for key in cls.counts_blocks:
        own[key] = min(own[key], backbone.text_blocks)
    unwarmed(cfg)
    return cfg


def unwarmed(cfg: CfgNode) -> None:
    """Let no OPTIM node warm up: no schedule is followed here, and original Dassl's may fail."""
    for key, node in cfg.items():
        if isinstance(node, CfgNode):
            unwarmed(node)
        elif key == "WARMUP_EPOCH":
            cfg.WARMUP_EPOCH = -1


def learned_parameters(trainer: CLIPTrainer) -> int:
    """How many numbers an assembled trainer learns."""
    learned = trainer.learned().values()
    return sum(p.numel() for p in {p for own in learned for p in own.module.parameters()})
