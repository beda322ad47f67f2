"""Numbers from the command line and the environment: seeds, shots, coefficients.

All functions raise ValueError with one line that says what was expected.
"""

import os

from rada.experiments.protocols import ALL_SHOTS

FINE_TUNED = ("finetune", "wise_ft")  # protocols on all pictures unless SHOTS is set


def seeds(text: str) -> list[int]:
    """Seeds from the command line, checked."""
    parts = [part.strip() for part in text.split(",")]
    if not all(map(is_positive, parts)):
        raise ValueError(f'seeds are positive integers with commas between, got "{text}"')
    return list(dict.fromkeys(map(int, parts)))


def shots(protocol: str) -> list[int]:
    """Numbers of shots from the environment: several for few-shot, one for the others."""
    if protocol in FINE_TUNED:
        return [shots_or_all()]
    if protocol != "few_shot":
        return [positive("SHOTS", "16")]
    text = os.environ.get("SHOTS") or "1 2 4 8 16"
    parts = text.replace(",", " ").split()
    if not parts or not all(map(is_positive, parts)):
        raise ValueError(f'SHOTS must be positive integers with blanks between, got "{text}"')
    return list(dict.fromkeys(map(int, parts)))


def shots_or_all() -> int:
    """SHOTS of full fine-tuning: a positive number, or all pictures, which is the default."""
    if (os.environ.get("SHOTS") or "all") == "all":
        return ALL_SHOTS
    return positive("SHOTS", "")


def coefficients() -> str:
    """TEST.WISE_FT from ALPHAS in the environment: numbers from 0 to 1 with blanks between."""
    text = os.environ.get("ALPHAS") or "0 .1 .2 .3 .4 .5 .6 .7 .8 .9 1"
    try:
        found = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        found = []
    if not found or not all(0 <= number <= 1 for number in found):
        raise ValueError(f'ALPHAS must be numbers from 0 to 1 with blanks between, got "{text}"')
    return f"({', '.join(map(str, found))},)"


def positive(name: str, default: str) -> int:
    """A positive integer from the environment."""
    text = os.environ.get(name) or default
    require_positive(name, text)
    return int(text)


def require_positive(name: str, text: str) -> None:
    """Complain unless a text is a positive integer."""
    if not is_positive(text):
        raise ValueError(f'{name} must be a positive integer, got "{text}"')


def is_positive(text: str) -> bool:
    """Whether a text is a positive integer in plain digits."""
    return text.isascii() and text.isdecimal() and int(text) > 0
