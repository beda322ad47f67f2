"""The one line in which a mistake ends."""

import train


def error_of(arguments: list[str], capsys) -> str:
    """What a command that fails with exit code 2 prints, but for its log."""
    assert train.cli(arguments) == 2
    (line,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    return line
