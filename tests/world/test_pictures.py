"""What is drawn: the same seed gives the same picture, and pictures show what their scene says."""

import pytest
import torch

from rada.world import camera, colours, glyphs, patterns, scene, shapes
from rada.world.corpus import draw_corpus
from rada.world.render import render
from rada.world.sets import PARTS, SETS, draw_part


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", SETS)
def test_one_seed_one_picture(name):
    first, labels = draw_part(name, "val", seed=5)
    again, _ = draw_part(name, "val", seed=5)
    other, _ = draw_part(name, "val", seed=6)
    plain, _ = draw_part(name, "val", strength=0.0, seed=5)
    assert first.dtype == torch.uint8 and first.shape == (len(labels), 3, 32, 32)
    assert torch.equal(first, again)
    for different in (other, plain):
        assert (first.float() - different.float()).abs().mean(dim=(1, 2, 3)).min() > 1


def test_parts_of_a_set_share_no_picture():
    parts = [draw_part("fabrics", part)[0].flatten(1) for part in PARTS]
    pictures = torch.cat(parts)
    assert len(pictures.unique(dim=0)) == len(pictures) == 18 * sum(PARTS.values())


def test_corpus_depends_on_its_seed_alone():
    first, again, other = draw_corpus(1, seed=3), draw_corpus(1, seed=3), draw_corpus(1, seed=4)
    assert torch.equal(first.pictures, again.pictures)
    assert not torch.equal(first.pictures, other.pictures)


def test_every_figure_differs_from_every_other():
    fields = torch.cat([shapes.atlas(), glyphs.atlas() + 0.1])
    assert len(fields) == 36 + 10 * glyphs.VARIANTS
    masks = (fields > 0).float().flatten(1)
    assert masks.mean(1).min() > 0.02
    assert torch.cdist(masks, masks).fill_diagonal_(99).min() > 3


def test_every_pattern_differs_from_every_other():
    axis = torch.linspace(-2, 2, 32)
    v, u = torch.meshgrid(axis, axis, indexing="ij")
    names = torch.arange(len(patterns.NAMES))
    share = patterns.blend(names, *(x.expand(len(names), -1, -1) for x in (u, v))).flatten(1)
    assert share.min() >= 0 and share.max() <= 1
    assert torch.cdist(share, share).fill_diagonal_(99).min() > 2


@pytest.mark.parametrize("word", ["red", "green", "blue", "white", "black"])
def test_a_colour_word_is_that_colour(word):
    red, green, blue = colours.shades(colours.index(word), generator())[0].tolist()
    strong = [value > 0.45 for value in (red, green, blue)]
    expected = {"red": [1, 0, 0], "green": [0, 1, 0], "blue": [0, 0, 1]}
    assert strong == expected.get(word, [word == "white"] * 3)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_as_many_things_as_the_scene_counts(count):
    spots = scene.plain_scene(torch.zeros(20, dtype=torch.long), generator())
    spots.count[:] = count
    spots.light[:] = 0
    spots.colour[:], spots.ground[:] = colours.index("white"), colours.index("black")
    if count > 1:
        spots.place, spots.size = scene.herd_layout(spots.count, generator())
    for picture in render(spots, generator(1)):
        assert blobs(picture.mean(0) > 0.5) == count


def blobs(mask):
    """Number of connected areas."""
    left, found = set(map(tuple, mask.nonzero().tolist())), 0
    while left:
        found, front = found + 1, [left.pop()]
        while front:
            y, x = front.pop()
            near = {(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)} & left
            left -= near
            front += near
    return found


def test_blur_keeps_brightness_and_spreads_a_point():
    point = torch.zeros(2, 3, 32, 32)
    point[:, :, 16, 16] = 1
    sharp, soft = camera.blurred(point, torch.tensor([0.0, 1.0]).view(2, 1, 1, 1))
    assert torch.allclose(sharp, point[0])
    assert soft.sum().item() == pytest.approx(3, rel=1e-4)
    assert soft[0, 16, 16].item() == pytest.approx(1 / (2 * torch.pi), rel=0.02)


def test_hotter_is_brighter_in_false_colours():
    ramp = torch.linspace(0, 1, 32).expand(1, 3, 32, 32)
    heat = camera.luminance(camera.false_colour(ramp))[0, 0, 0]
    assert (heat.diff() > 0).all()
    assert heat[0] < 0.05 and heat[-1] > 0.95


def test_turning_the_hue_keeps_gray_and_moves_red_to_green():
    pure = torch.tensor([[0.5, 0.5, 0.5], [1.0, 0.0, 0.0]])[..., None, None]
    turned = camera.turn_hue(pure, 120.0)[..., 0, 0]
    assert torch.allclose(turned, torch.tensor([[0.5, 0.5, 0.5], [0.0, 1.0, 0.0]]), atol=1e-6)
