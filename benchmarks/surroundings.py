"""Where and when something was measured."""

import platform
from datetime import datetime, timezone

import PIL
import torch

from benchmarks.report import processor


def surroundings() -> dict[str, str]:
    """Processor, versions, date."""
    return {
        "device": processor(),
        "torch": torch.__version__,
        "pillow": PIL.__version__,
        "python": platform.python_version(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
