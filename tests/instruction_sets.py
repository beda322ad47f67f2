"""The numerical tests on processors with fewer vector instructions than this one has.

`python -m tests.instruction_sets` runs the tests marked `numerical` under each of SETS with 1 and 2
threads, names those that fail, and then ends with exit code 1. An instruction set that PyTorch does
not take here is named and left out. More words go to pytest: `-k episodes`.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

VARIABLES = ("ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA")
# what they are set to, of PyTorch's own kernels, MKL and oneDNN in turn; "own": nothing is set
SETS = {
    "default": ("default", "SSE4_2", "SSE41"),
    "avx2": ("avx2", "AVX2", "AVX2"),
    "own": (),
}
# folders of tests by number of threads: trainers compute by nothing that is not among the models
THREADS = {1: "tests", 2: "tests/models"}
LOOK = """
import torch
torch.ones(9, 9) @ torch.ones(9, 9)
print(torch.backends.cpu.get_cpu_capability())
"""
LIBRARIES = {"SSE4.2": "default", "AVX2": "avx2"}  # MKL's words for what it was asked for


def environment(name: str) -> dict[str, str]:
    """This one, and the variables of an instruction set."""
    others = {key: value for key, value in os.environ.items() if key not in VARIABLES}
    return others | dict(zip(VARIABLES, SETS[name], strict=False))


def taken(name: str) -> tuple[str, str]:
    """What PyTorch's own kernels compute by, such as "avx2"; and MKL, "" if it does not say."""
    looked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK],
        env=environment(name) | {"MKL_VERBOSE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    first, capability = looked.stdout.splitlines()[0], looked.stdout.split()[-1].lower()
    mkl = next((ours for word, ours in LIBRARIES.items() if f"(Intel(R) {word})" in first), "")
    return capability, mkl


def why_not(name: str, found: Mapping[str, tuple[str, str]]) -> str:
    """Why an instruction set is not run here; empty if it is.

    Args:
        name: of the set.
        found: what `taken` says of each.
    """
    if name == "own":
        same = [o for o in found if o != "own" and found[o][0] == o == found["own"][0]]
        return f"it is {same[0]}" if same else ""
    if found[name][0] != name:
        return f"PyTorch does not take {VARIABLES[0]}={name} here, it computes by {found[name][0]}"
    return ""


def run(name: str, threads: int, words: Sequence[str]) -> int:
    """pytest's exit code, for the numerical tests in two processes."""
    command = [sys.executable, "-m", "pytest", "-m", "numerical", "-p", "no:cacheprovider"]
    command += ["-n", "2", "--dist", "worksteal", THREADS[threads], *words]
    count = str(threads)
    own = {"RADA_TEST_THREADS": count, "OMP_NUM_THREADS": count, "DASSL": "bundled"}
    own["OMP_WAIT_POLICY"] = "PASSIVE"  # threads that wait leave the cores to the other process
    return subprocess.run(command, env=environment(name) | own).returncode


def main(words: Sequence[str]) -> int:
    """The number of runs in which a test failed, at most 1."""
    found, failed = {name: taken(name) for name in SETS}, []
    for name in SETS:
        if reason := why_not(name, found):
            print(f"== {name}: left out, {reason}", flush=True)
            continue
        if name != "own" and found[name][1] != name:
            print(f"== {name}: MKL does not say that it takes {VARIABLES[1]}", flush=True)
        for threads in THREADS:
            title = f"{name} ({found[name][0]}), threads: {threads}"
            print(f"== {title}", flush=True)
            start = time.monotonic()
            if run(name, threads, words):
                failed.append(title)
            print(f"   {time.monotonic() - start:.0f} s", flush=True)
    print(f"failed: {'; '.join(failed)}" if failed else "all instruction sets agree")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
