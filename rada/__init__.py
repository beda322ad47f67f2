"""RAda: one last attention decides which image-text products count (arXiv 2507.15480).

    head = rada.RAdaHead(512, alpha=0.1)
    logits, penalty = head(image_features, text_features, logit_scale)

`trainers/`, `datasets/` and `configs/` lie beside this package in a checkout and inside it once it
is installed; they are `rada.trainers`, `rada.datasets` and `rada.configs` in both.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rada.head.rational import RAdaHead, RationalMask

__version__ = "0.2.0.dev0"
__all__ = ["RAdaHead", "RationalMask", "__version__"]

_CHECKOUT = Path(__file__).resolve().parent.parent
if (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "trainers").is_dir():
    __path__.append(str(_CHECKOUT))


def __getattr__(name: str) -> Any:
    """The head and its mask, imported when they are asked for: torch comes with them."""
    if name in ("RAdaHead", "RationalMask"):
        from rada.head import rational

        return getattr(rational, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
