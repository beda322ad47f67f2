"""`python -m rada`: the command `rada`."""

import sys

from rada.cli import cli

sys.exit(cli())
