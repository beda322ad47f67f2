"""Which Dassl is in use: an installed one first, the bundled core otherwise.

`toolbox/` is appended last to the import path, so an installed Dassl wins. `DASSL=bundled` in the
environment forces the bundled core.
"""

import os
import sys
from pathlib import Path

BUNDLED = str(Path(__file__).resolve().parent)


def use_dassl() -> str:
    """Make `import dassl` work and say which Dassl answers.

    Returns:
        A short description for the log, such as "bundled 0.6.3" or "installed 0.6.3".

    Raises:
        ValueError: if the environment variable DASSL has an unknown value.
    """
    choice = os.environ.get("DASSL", "")
    if choice not in ("", "bundled"):
        raise ValueError(f'DASSL="{choice}" is unknown; unset it or use DASSL=bundled')
    if BUNDLED not in sys.path:
        sys.path.insert(0 if choice == "bundled" else len(sys.path), BUNDLED)
    import dassl

    source = "bundled" if getattr(dassl, "__bundled__", False) else "installed"
    return f"{source} {dassl.__version__}"
