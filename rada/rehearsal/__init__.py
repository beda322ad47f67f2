"""Rehearsals: whether one is asked for, what marks its pictures and what its outputs say."""

import os

REHEARSAL = "REHEARSAL: stand-in pictures and a tiny model; these numbers mean nothing"
STAMP = ".rehearsal.json"  # in the folder of a dataset's stand-in


def asked() -> bool:
    """Whether REHEARSE=1 stands in the environment.

    Raises:
        ValueError: if REHEARSE is neither 1 nor 0 nor unset.
    """
    value = os.environ.get("REHEARSE") or "0"
    if value not in ("0", "1"):
        raise ValueError(f'REHEARSE is 1, or 0 for a real run; got "{value}"')
    return value == "1"
