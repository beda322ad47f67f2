"""RAda: one last attention decides which image-text products count (arXiv 2507.15480).

`trainers/` and `datasets/` lie beside this package in a checkout and are `rada.trainers` and
`rada.datasets` everywhere.
"""

from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent
if (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "trainers").is_dir():
    __path__.append(str(_CHECKOUT))
