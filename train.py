"""Train or test one trainer on one dataset, with CoOp's command line; see `rada.engine.command`."""

import sys

from rada import environment

environment.require()

from rada.engine.command import cli, main, parse_args  # noqa: E402

__all__ = ["cli", "main", "parse_args"]

if __name__ == "__main__":
    sys.exit(cli())
