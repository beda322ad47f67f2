"""Which GPUs each worker of a machine sees."""

import os
import subprocess

VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible_gpus() -> list[str]:
    """The GPUs of this process, as CUDA_VISIBLE_DEVICES names them; without asking CUDA."""
    said = os.environ.get(VISIBLE)
    if said is not None:
        names = [name.strip() for name in said.split(",")]
        return names[: names.index("-1")] if "-1" in names else list(filter(None, names))
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = listed.stdout.splitlines() if listed.returncode == 0 else []
    return [str(number) for number, _ in enumerate(filter(_is_gpu, lines))]


def _is_gpu(line: str) -> bool:
    return line.startswith("GPU ")  # a part of one (MIG) stands indented below it


def shared_out(gpus: list[str], workers: int, of_each: int, of_run: int) -> list[str | None]:
    """What CUDA_VISIBLE_DEVICES is for each worker, GPUs taken in turn.

    Args:
        gpus: names of those there are.
        workers: asked for.
        of_each: workers that share a GPU.
        of_run: GPUs that one run takes.

    Returns:
        One entry a worker, fewer than asked for where there is no room; None: as it is.

    Raises:
        ValueError: for runs that take more GPUs than there are.
    """
    if not gpus:
        return [None] * workers
    if of_run > len(gpus):
        raise ValueError(
            f"NPROC={of_run} needs as many GPUs, {len(gpus)} are visible "
            f"({','.join(gpus)}); lower it"
        )
    sets = [gpus[i : i + of_run] for i in range(0, len(gpus) - of_run + 1, of_run)]
    return [",".join(names) for names in (sets * of_each)[:workers]]
