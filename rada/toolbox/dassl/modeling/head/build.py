"""The registry of heads."""

from dassl.utils import Registry, check_availability

HEAD_REGISTRY = Registry("HEAD")


def build_head(name: str, verbose: bool = True, **kwargs):
    """The head of that name, built with the keyword arguments.

    Raises:
        ValueError: if it is not registered; suggests the nearest name.
    """
    check_availability(name, HEAD_REGISTRY.registered_names())
    if verbose:
        print(f"Head: {name}")
    return HEAD_REGISTRY.get(name)(**kwargs)
