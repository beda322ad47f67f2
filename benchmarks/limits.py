"""The memory that a benchmark may take."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS, MACHINE = Path("/proc/self/status"), Path("/proc/meminfo")


@contextmanager
def limited_memory(gigabytes: float = 0) -> Iterator[None]:
    """Inside, asking for more memory than there is becomes an error of the one who asks.

    Without it Linux ends a process, perhaps another one's. Processes that start inside inherit it.
    Elsewhere nothing happens.

    Args:
        gigabytes: that may be added to what the process holds; 0: what the machine has left.
    """
    if not MACHINE.exists():
        yield
        return
    import resource  # Unix only

    left = gigabytes * 1e9 or kilobytes(MACHINE, "MemAvailable") * 1024
    before = resource.getrlimit(resource.RLIMIT_DATA)
    limit = int(kilobytes(STATUS, "VmData") * 1024 + left)
    known = [each for each in (limit, *before) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(known), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def kilobytes(file: Path, name: str) -> int:
    """A size that Linux tells of the machine or of this process."""
    return int(re.search(rf"{name}:\s+(\d+)", file.read_text())[1])
