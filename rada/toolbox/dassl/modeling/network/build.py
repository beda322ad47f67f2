"""The registry of networks."""

from dassl.utils import Registry, check_availability

NETWORK_REGISTRY = Registry("NETWORK")


def build_network(name: str, verbose: bool = True, **kwargs):
    """The network of that name, built with the keyword arguments.

    Raises:
        ValueError: if it is not registered; suggests the nearest name.
    """
    check_availability(name, NETWORK_REGISTRY.registered_names())
    if verbose:
        print(f"Network: {name}")
    return NETWORK_REGISTRY.get(name)(**kwargs)
