"""Where a CLIP checkpoint comes from: a download, a file of yours, or the embedded tiny CLIP."""

import importlib.util
import os
import sys
import warnings
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import torch

from rada.files import did_you_mean

TINY_CLIP = "TinyCLIP"
TINY_CLIP_FILE = Path(__file__).resolve().parent.parent / "world" / "tinyclip.pt"
CACHE = "~/.cache/clip"
CLIP_KEYS = {"logit_scale", "text_projection", "token_embedding.weight", "ln_final.weight"}


def import_clip_model() -> ModuleType:
    """The installed package's `clip.model` alone: the package itself also needs torchvision."""
    if "clip.model" not in sys.modules:
        package = importlib.util.find_spec("clip")
        if package is None or package.origin is None:
            return import_clip().model  # which says what is missing
        loader = SourceFileLoader("clip.model", str(Path(package.origin).with_name("model.py")))
        spec = importlib.util.spec_from_loader("clip.model", loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["clip.model"] = module  # the package finds it there when it is imported
        loader.exec_module(module)
    return sys.modules["clip.model"]


def import_clip() -> ModuleType:
    """Import the installed `clip` package.

    Raises:
        ValueError: if its import fails because setuptools no longer ships pkg_resources.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*pkg_resources")
            import clip.clip
            import clip.model

            clip.model = sys.modules["clip.model"]  # it may have been imported first, alone
    except ModuleNotFoundError as error:
        if error.name != "pkg_resources":
            raise
        raise ValueError(
            "the clip package needs pkg_resources, which setuptools 82 dropped; "
            'pip install "setuptools<82"'
        ) from error
    return clip


def weights_file(name: str) -> str:
    """Path of the checkpoint that a backbone name stands for; downloads it on first use.

    Args:
        name: a name of `clip.available_models()`, "TinyCLIP", or the path of a checkpoint file.

    Raises:
        ValueError: if the name is unknown (the nearest known one is suggested).
        OSError: if a download fails or its sha256 is not the published one.
    """
    if name == TINY_CLIP:
        return str(TINY_CLIP_FILE)
    if os.path.isfile(name):
        return name
    clip = import_clip()
    known = [*clip.available_models(), TINY_CLIP]
    if name not in known:
        raise ValueError(
            f'unknown backbone "{name}"{did_you_mean(name, known)}; '
            f"known: {', '.join(known)}, or the path of a CLIP checkpoint"
        )
    try:
        return clip.clip._download(clip.clip._MODELS[name], os.path.expanduser(CACHE))
    except (RuntimeError, OSError) as error:
        raise OSError(
            f"cannot download {name}: {error}; "
            f"put the file into {CACHE} or pass its path to --backbone"
        ) from error


def read_state_dict(path: str) -> dict[str, torch.Tensor]:
    """Read an OpenAI CLIP checkpoint, TorchScript archive and plain state dict alike.

    Returns:
        The tensors by OpenAI's names, on the CPU, in the precision of the file.

    Raises:
        ValueError: if the file is neither, or holds no CLIP model.
    """
    state_dict = _read_torchscript(path)
    if state_dict is None:
        state_dict = _read_plain(path)
    if not isinstance(state_dict, dict) or not CLIP_KEYS.issubset(state_dict):
        raise ValueError(
            f"{path} is not a CLIP checkpoint: it lacks {', '.join(sorted(CLIP_KEYS))}; "
            "pass an OpenAI CLIP file (TorchScript archive or plain state dict)"
        )
    tensors = {k: v for k, v in state_dict.items() if isinstance(v, torch.Tensor)}
    if strange := [repr(key)[:40] for key in tensors if not isinstance(key, str)]:
        raise ValueError(f"{path} is not a CLIP checkpoint: a tensor is called {strange[0]}")
    if lacking := sorted(CLIP_KEYS - tensors.keys()):
        raise ValueError(f"{path} is not a CLIP checkpoint: {lacking[0]} is no tensor")
    return tensors


def _read_torchscript(path: str) -> dict | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # OpenAI's own files are TorchScript
            return dict(torch.jit.load(path, map_location="cpu").state_dict())
    except RuntimeError:
        return None


def _read_plain(path: str) -> dict | None:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # a file that is none of PyTorch's can raise anything
        return None
    return content.get("state_dict", content) if isinstance(content, dict) else None
