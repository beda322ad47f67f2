"""What a dataset asks of the trainer."""

from types import SimpleNamespace

import pytest
from PIL import Image

from rada.data.data import cut_borders


def test_all_loaders_cut_the_border_before_their_transform():
    """ObjectNet's pictures have a red border."""
    loaders = [SimpleNamespace(dataset=SimpleNamespace(transform=lambda im: im)) for _ in "ab"]
    dm = SimpleNamespace(dataset=SimpleNamespace(border=2))
    dm.train_loader_x, dm.val_loader, dm.test_loader = loaders[0], None, loaders[1]
    cut_borders(dm)
    inner = Image.effect_noise((20, 10), 50).convert("RGB")
    picture = Image.new("RGB", (24, 14), "red")
    picture.paste(inner, (2, 2))
    for loader in loaders:
        assert loader.dataset.transform(picture).tobytes() == inner.tobytes()


def test_other_datasets_keep_their_transform():
    transform = object()
    loader = SimpleNamespace(dataset=SimpleNamespace(transform=transform))
    dm = SimpleNamespace(
        dataset=object(), train_loader_x=loader, val_loader=None, test_loader=loader
    )
    cut_borders(dm)
    assert loader.dataset.transform is transform


SEEN = "withheld from a test; set DATASET.SHOTS_AT_TEST True"


@pytest.mark.parametrize("loop", ["epochs", "steps"])
@pytest.mark.parametrize("cache", ["False", "True"])
def test_shots_of_new_classes_are_withheld_from_their_test(loop, cache, run_train, tmp_path):
    """From a method that would make a cache of them; the test itself goes on as before."""
    options = ("FEATURES.CACHE", cache, "FEATURES.FOLDER", str(tmp_path / "f"), "TRAIN.LOOP", loop)
    run_train("RAda", tmp_path / "a", "OPTIM.MAX_EPOCH", "1", *options)
    load = ("--eval-only", "--model-dir", str(tmp_path / "a"))
    for classes in ("new", "all"):
        found = run_train("RAda", tmp_path / classes, *options, arguments=load, classes=classes)
        assert len(found.dm.dataset.train_x) > 0 and "test/accuracy" in found.metrics
        for look in (found.dm.dataset.train_x, found.train_loader_x, found.dm.train_loader_x):
            with pytest.raises(ValueError, match=SEEN):
                next(iter(look))
    asked = ("DATASET.SHOTS_AT_TEST", "True")
    for classes, more in (("base", ()), ("new", asked)):
        place = tmp_path / f"{classes} seen"
        found = run_train("RAda", place, *options, *more, arguments=load, classes=classes)
        assert {item.label for item in found.dm.dataset.train_x} == {0, 1, 2, 3}
