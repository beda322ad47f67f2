"""Results of finished runs, with CoOp's command line; see `rada.experiments.parse_test_res`."""

import sys

from rada.experiments.parse_test_res import cli, main

__all__ = ["cli", "main"]

if __name__ == "__main__":
    sys.exit(cli())
