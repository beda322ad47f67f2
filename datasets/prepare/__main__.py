"""`python -m datasets.prepare`: as `python -m rada.prepare`."""

import sys

from rada.prepare.__main__ import cli

sys.exit(cli())
