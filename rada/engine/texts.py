"""What a trainer's settings say about texts and depths, checked."""

from rada.backbones.templates import require_template


def own_template(trainer) -> str:
    """TRAINER.<section>.TEMPLATE, or the dataset's own if it is empty.

    Raises:
        ValueError: unless it has one {}.
    """
    template = trainer.own.TEMPLATE or getattr(trainer.dm.dataset, "template", "a photo of a {}.")
    return require_template(template, f"TRAINER.{trainer.section}.TEMPLATE")


def require_depth(trainer, key: str, blocks: int, encoder: str) -> int:
    """The depth of prompts or adapters that a key of the trainer's section gives.

    Args:
        trainer: of this package.
        key: below its section.
        blocks: that the encoder has; 0 for a ResNet.
        encoder: "text" or "vision".

    Raises:
        ValueError: if the encoder has no such blocks.
    """
    depth, name = trainer.own[key], trainer.cfg.MODEL.BACKBONE.NAME
    where = f"TRAINER.{trainer.section}.{key}"
    if depth and not blocks:
        raise ValueError(
            f"{name} is a ResNet: its image encoder has no blocks to enter ({where} is {depth}); "
            "take a ViT backbone, or a method that changes the text only, such as CoOp"
        )
    if depth > blocks:
        raise ValueError(f"{name} has {blocks} {encoder} blocks, {where} is {depth}; lower it")
    return depth
