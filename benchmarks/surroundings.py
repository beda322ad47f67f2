"""Where, when and by which command something was measured."""

import os
import platform
import sys
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import PIL
import torch


def surroundings(device: str = "cpu") -> dict[str, str | int]:
    """Device and cores, threads of PyTorch, versions, date.

    Args:
        device: "cpu", or a CUDA device that is here.
    """
    return {
        "device": processor() if device == "cpu" else torch.cuda.get_device_name(device),
        "cores": cores(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "pillow": PIL.__version__,
        "clip": clip_version(),
        "OS": system(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def command(arguments: list[str] | None = None) -> str:
    """The command line of this process as it is typed, without --json and the folder it stands in.

    Args:
        arguments: of the benchmark if it was called from Python.
    """
    words = iter(sys.argv[1:] if arguments is None else arguments)
    kept = []
    for word in words:
        if word == "--json":
            next(words, "")
        elif not word.startswith("--json="):
            kept.append(word)
    return " ".join([f"python benchmarks/{Path(sys.argv[0]).name}", *kept])


def processor() -> str:
    """The name of this machine's processor, as far as it is known."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "cpu"


def cores() -> int:
    """Cores that this process may use."""
    known = hasattr(os, "sched_getaffinity")  # not on every system
    return len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1


def clip_version() -> str:
    """Name and version of the installed package that holds `clip`."""
    names = metadata.packages_distributions().get("clip", [])
    return " ".join(f"{name} {metadata.version(name)}" for name in names[:1])


def system() -> str:
    """The operating system."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):  # not a Linux, or one that has no such file
        return platform.system()
