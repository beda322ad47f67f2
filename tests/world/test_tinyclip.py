"""The shipped tiny CLIP: its format, its numbers, and how it is made."""

import hashlib
import json

import pytest
import torch

from rada.backbones.loading import build_backbone
from rada.backbones.weights import TINY_CLIP_FILE, import_clip
from rada.world import handwriting
from rada.world.classes import CLASSNAMES
from rada.world.corpus import draw_corpus
from rada.world.evaluate import accuracy, image_features, text_features
from rada.world.export import save, to_openai
from rada.world.measure import EXPECTED, TEMPLATE, load, sample_accuracy
from rada.world.pretrain import Settings, build_model, train
from rada.world.tokens import Vocabulary

TOLERANCE = 3.0  # points; other processors round differently


@pytest.fixture(scope="module")
def model():
    return load()


@pytest.fixture(scope="module")
def expected():
    return json.loads(EXPECTED.read_text())


def test_shipped_file_is_the_recorded_one(expected):
    content = TINY_CLIP_FILE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == expected["sha256"]
    assert len(content) < 10e6


def test_file_is_a_state_dict_as_openai_writes_it():
    state = torch.load(TINY_CLIP_FILE, weights_only=True)
    sizes = [int(state[k]) for k in ("input_resolution", "context_length", "vocab_size")]
    assert sizes == [32, 77, 49408]
    assert state["token_embedding.weight"].shape == (49408, 64)
    assert all(v.dtype in (torch.float16, torch.int64) for v in state.values())
    assert all(torch.isfinite(v).all() for v in state.values())


def test_stock_loader_and_ours_build_the_same_model(model):
    stock = import_clip().model.build_model(torch.load(TINY_CLIP_FILE, weights_only=True)).float()
    ours = build_backbone("TinyCLIP")
    images = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    tokens = import_clip().tokenize(["a photo of a star.", "a photo of a herd of three fish."])
    with torch.no_grad():
        assert torch.allclose(stock.encode_image(images), ours.encode_image(images), atol=1e-5)
        assert torch.allclose(stock.encode_text(tokens), ours.encode_text(tokens), atol=1e-5)
    assert ours.image_size == 32 and ours.dim == 128 and ours.logit_scale > 5


@pytest.mark.numerical
@pytest.mark.parametrize("name", [*CLASSNAMES, "digits"])
def test_zero_shot_is_as_recorded(name, model, expected):
    found = sample_accuracy(model, name)
    assert abs(found - expected["sample"][name]) <= TOLERANCE
    classnames = CLASSNAMES.get(name, handwriting.CLASSNAMES)
    assert 300 / len(classnames) < found < 90  # far above chance, below the ceiling


def test_zero_shot_of_shuffled_labels_is_chance(model):
    pictures, labels = handwriting.draw_parts(0)["test"]
    tokens = import_clip().tokenize([TEMPLATE.format(name) for name in handwriting.CLASSNAMES])
    shuffled = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))]
    features = image_features(model, pictures), text_features(model, tokens)
    assert accuracy(*features, shuffled) < 15 < accuracy(*features, labels)


def test_pretraining_learns_and_repeats_itself():
    settings = Settings(steps=16, batch=64, warmup=4, focus=0.0)
    corpus, vocabulary = draw_corpus(500, seed=1), Vocabulary()
    first, losses = train(settings, corpus, vocabulary)
    again, _ = train(settings, corpus, vocabulary)
    assert sum(losses[-4:]) < sum(losses[:4]) - 0.5
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_export_keeps_what_the_model_computes(tmp_path):
    vocabulary = Vocabulary()
    torch.manual_seed(0)
    model = build_model(len(vocabulary)).eval()
    path = str(tmp_path / "model.pt")
    digest = save(model, vocabulary, path)
    assert digest == save(model, vocabulary, str(tmp_path / "other_name.pt"))
    exported, text = load(path), ["a photo of two fish."]
    with torch.no_grad():
        ours = model.encode_text(vocabulary.tokenize(text))
        stock = exported.encode_text(import_clip().tokenize(text))
    assert torch.allclose(ours, stock, atol=2e-2 * ours.abs().max().item())
    assert to_openai(model, vocabulary)["positional_embedding"].shape == (77, 64)
