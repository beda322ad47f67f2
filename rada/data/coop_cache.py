"""CoOp's few-shot caches, without the danger of pickles: only its own records can be built."""

import pickle

from rada.files import require_regular


class _Record:
    """Stands in for the records of Dassl's datasets; holds their attributes and does nothing."""


class _Reader(pickle.Unpickler):
    """Knows one class, whatever the file asks for."""

    def find_class(self, module: str, name: str) -> type:
        """Called by pickle for everything that is not a plain value."""
        if name == "Datum" and module.startswith("dassl.data.datasets"):
            return _Record
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def read_coop_cache(path: str) -> dict[str, list[tuple[str, int]]]:
    """Read a shot_<n>-seed_<m>.pkl of CoOp.

    Returns:
        (picture path, label) of each record, by "train" and "val".

    Raises:
        ValueError: if it is damaged or asks for anything but Dassl's records.
    """
    try:
        require_regular(path)
        with open(path, "rb") as file:
            content = _Reader(file).load()
        return {
            str(name): [(str(r._impath), int(r._label)) for r in records]
            for name, records in content.items()
        }
    except Exception as error:  # a damaged pickle raises almost anything
        raise ValueError(f"not a few-shot cache of CoOp ({error})") from error
