"""What a dataset asks of the trainer."""

from types import SimpleNamespace

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
