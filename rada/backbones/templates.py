"""Sentences with one {} for the class name, and the class features that CLIP makes of them."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from rada.backbones.backbone import Backbone
from rada.backbones.precision import at_least_float32
from rada.class_names import spoken

# the eighty sentences that OpenAI published for ImageNet, in their order
IMAGENET = tuple(Path(__file__).with_name("imagenet_templates.txt").read_text().splitlines())
# the seven of them that together did best (the notebook of openai/CLIP; CoOp's ZeroshotCLIP2)
IMAGENET_SELECT = (
    *("itap of a {}.", "a bad photo of the {}.", "a origami {}.", "a photo of the large {}."),
    *("a {} in a video game.", "art of the {}.", "a photo of the small {}."),
)


def require_template(template: str, key: str) -> str:
    """Return the template if it has one {}; else raise ValueError naming its config key."""
    if template.count("{}") != 1:
        raise ValueError(f'{key} needs one {{}} for the class name; got "{template}"')
    return template


def tokenize_classes(backbone: Backbone, classnames: Sequence[str], template: str) -> Tensor:
    """Token ids (K, 77) of the sentence about each class; underscores in names become blanks."""
    return said(backbone, [spoken(name) for name in classnames], template)


def said(backbone: Backbone, names: Sequence[str], template: str) -> Tensor:
    """Token ids (K, 77) of the sentence about each name as it stands."""
    return backbone.tokenize([template.replace("{}", name) for name in names], names)


@torch.no_grad()
def encode_template(backbone: Backbone, classnames: Sequence[str], template: str) -> Tensor:
    """Features (K, D) in float32, not normalised."""
    tokens = tokenize_classes(backbone, classnames, template)
    return at_least_float32(backbone.encode_text(tokens))


def encode_ensemble(
    backbone: Backbone, classnames: Sequence[str], templates: Sequence[str], normalise: bool = True
) -> Tensor:
    """Mean over templates of the features (K, D), float32.

    Args:
        backbone: encodes the texts.
        classnames: K names.
        templates: sentences with one {}.
        normalise: give each sentence the same length before the mean, as CLIP's ensembling does.
    """
    mean, names = torch.zeros(()), [spoken(name) for name in classnames]
    for template in templates:
        features = at_least_float32(backbone.encode_text(said(backbone, names, template)))
        if normalise and len(templates) > 1:
            features = features / features.norm(dim=-1, keepdim=True)
        mean = mean + features / len(templates)
    return mean
