"""Train or test one trainer on one dataset, with CoOp's command line; see `rada.engine.command`."""

import sys

from rada.engine.command import cli, main, parse_args

__all__ = ["cli", "main", "parse_args"]

if __name__ == "__main__":
    sys.exit(cli())
