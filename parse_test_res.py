"""Results of finished runs, with CoOp's command line; see `rada.experiments.parse_test_res`."""

import sys

from rada import environment

environment.require("tabulate", "tqdm")

from rada.experiments.parse_test_res import cli, main  # noqa: E402

__all__ = ["cli", "main"]

if __name__ == "__main__":
    sys.exit(cli())
