"""Whether this Python has what the project needs: told before anything is imported.

Only the standard library, and nothing that an old Python could not read:
`python rada/environment.py` says it on its own.
"""

import importlib.util
import sys

OLDEST = (3, 10)
NEEDED = ("torch", "torchvision", "clip", "yacs", "yaml", "PIL", "numpy", "tqdm", "tabulate")


def mistake(needed=NEEDED):
    """What is missing of some packages and what to do, in a line; empty if nothing is."""
    if sys.version_info < OLDEST:
        version = ".".join(str(number) for number in sys.version_info[:3])
        return f"{sys.executable} is Python {version}, 3.10 or later is needed; set PYTHON"
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        return (
            f"{sys.executable} lacks {', '.join(missing)}; run `make demo` once, which makes "
            ".venv, or `pip install -r requirements.txt`, or set PYTHON to that of your environment"
        )
    return ""


def require(*needed):
    """End the process with one line and exit code 2 if something is missing; by default of all."""
    said = mistake(needed or NEEDED)
    if said:
        sys.stderr.write(f"error: {said}\n")
        sys.exit(2)


if __name__ == "__main__":
    require()
