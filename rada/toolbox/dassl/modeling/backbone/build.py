"""The registry of backbones."""

from dassl.utils import Registry, check_availability

BACKBONE_REGISTRY = Registry("BACKBONE")


def build_backbone(name: str, verbose: bool = True, **kwargs):
    """The backbone of that name, built with the keyword arguments.

    Raises:
        ValueError: if it is not registered; suggests the nearest name.
    """
    check_availability(name, BACKBONE_REGISTRY.registered_names())
    if verbose:
        print(f"Backbone: {name}")
    return BACKBONE_REGISTRY.get(name)(**kwargs)
