"""The backbone against the golden numbers of OpenAI's CLIP, and its files."""

import warnings

import numpy as np
import pytest
import torch

from rada.backbones.backbone import Backbone
from rada.backbones.loading import build_backbone
from rada.backbones.weights import import_clip, read_state_dict, weights_file
from tests.tinyclip import draw_state_dict, seeded_images

pytestmark = pytest.mark.numerical

CASES = {
    "tinyclip_spec.json": "tinyclip_outputs.npz",
    "tinyclip_rn_spec.json": "tinyclip_rn_outputs.npz",
}


@pytest.fixture(scope="module")
def tiny_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "tiny.pt"
    torch.save({k: v.half() for k, v in draw_state_dict().items()}, path)
    return str(path)


@pytest.mark.parametrize("spec", CASES)
def test_features_equal_the_reference(spec, golden, tmp_path):
    data = golden(CASES[spec])
    torch.save(draw_state_dict(spec), tmp_path / "clip.pt")
    backbone = build_backbone(str(tmp_path / "clip.pt"))
    meta = data["meta"]
    images = seeded_images(meta["image_seed"], meta["n_images"], meta["resolution"])
    names = [name.replace("_", " ") for name in meta["classnames"]]
    for i, template in enumerate(meta["templates"]):
        tokens = backbone.tokenize([template.format(name) for name in names])
        np.testing.assert_array_equal(tokens, data[f"tokens_{i}"])
        _close(backbone.encode_text(tokens), data[f"text_features_{i}"])
    _close(backbone.encode_image(images), data["image_features"])


def _close(found, expected):
    tolerance = max(2e-5, 5e-5 * np.abs(expected).max())
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=0, atol=tolerance)


def test_plain_file_and_torchscript_archive_are_read_alike(tiny_file, tmp_path):
    """OpenAI publishes TorchScript archives; the shipped tiny CLIP is a plain state dict."""
    model = import_clip().model.build_model(draw_state_dict()).float().eval()
    example = torch.zeros(1, 3, 32, 32), torch.zeros(1, 77, dtype=torch.long)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(model, example).save(str(tmp_path / "archive.pt"))
    archive, plain = read_state_dict(str(tmp_path / "archive.pt")), read_state_dict(tiny_file)
    assert archive.keys() == plain.keys()
    for key, value in plain.items():
        torch.testing.assert_close(archive[key].float(), value.float(), rtol=0, atol=0)


def test_weights_keep_the_precision_of_the_file(tmp_path):
    """The package's loader would round them to float16."""
    weights = {k: v + 1e-5 for k, v in draw_state_dict().items()}
    torch.save(weights, tmp_path / "clip.pt")
    backbone = build_backbone(str(tmp_path / "clip.pt"))
    torch.testing.assert_close(
        backbone.model.text_projection, weights["text_projection"], rtol=0, atol=0
    )


@pytest.mark.parametrize("precision, tolerance", [("fp16", 0.01), ("bf16", 0.05), ("amp", 0.05)])
def test_lower_precisions_stay_close_to_float32(precision, tolerance, tiny_file):
    exact, rough = build_backbone(tiny_file), build_backbone(tiny_file, precision)
    images = seeded_images([303, 0], 4, 32)
    tokens = exact.tokenize(["a photo of a cat.", "a photo of a dog."])
    for a, b in [
        (exact.encode_image(images), rough.encode_image(images)),
        (exact.encode_text(tokens), rough.encode_text(tokens)),
    ]:
        assert b.dtype != torch.float32
        assert (torch.cosine_similarity(a, b.float()) > 1 - tolerance).all()


def test_tokens_behind_the_end_do_not_matter(tiny_file):
    """encode_text cuts them off; the package's own full-length answer is the same."""
    backbone = build_backbone(tiny_file)
    tokens = backbone.tokenize(["a cat", "a photo of a very small dog"])
    whole = backbone.model.encode_text(tokens)
    torch.testing.assert_close(backbone.encode_text(tokens), whole, rtol=1e-5, atol=1e-6)


def test_hooks_are_gone_after_an_error(tiny_file):
    backbone = build_backbone(tiny_file)
    tokens = backbone.tokenize(["a cat"])
    with pytest.raises(RuntimeError):
        backbone.encode_text(tokens, [torch.zeros(4, 7)], tokens > 0)
    assert not backbone.model.token_embedding._forward_hooks


def test_mistakes_are_named(tiny_file, tmp_path):
    with pytest.raises(ValueError, match='did you mean "ViT-B/16"'):
        weights_file("ViT-B16")
    (tmp_path / "text.pt").write_text("not a checkpoint")
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pt")
    for name in ("text.pt", "other.pt"):
        with pytest.raises(ValueError, match="not a CLIP checkpoint"):
            read_state_dict(str(tmp_path / name))
    with pytest.raises(ValueError, match="unknown precision"):
        build_backbone(tiny_file, "fp8")
    with pytest.raises(ValueError, match='class "b": its text has more than the 77 tokens'):
        build_backbone(tiny_file).tokenize(["a cat", "word " * 100], ["a", "b"])


def test_widths_come_from_the_model(tiny_file):
    backbone = build_backbone(tiny_file)
    assert isinstance(backbone, Backbone)
    assert (backbone.dim, backbone.text_width, backbone.image_size, backbone.context_length) == (
        32,
        64,
        32,
        77,
    )
    assert not any(parameter.requires_grad for parameter in backbone.parameters())
