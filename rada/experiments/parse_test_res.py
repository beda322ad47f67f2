"""Results of finished runs: CoOp's summary of one folder, or all trainers side by side.

    python parse_test_res.py output/base2new                 # the table, from results.json
    python parse_test_res.py output/few_shot
    python parse_test_res.py output/transfer
    python parse_test_res.py output/test_time --keyword ece
    python parse_test_res.py output/finetune [--wise-ft]
    python parse_test_res.py output/base2new --format github --published
    python parse_test_res.py output/base2new --by-trainer    # averages, a line per trainer
    python parse_test_res.py FOLDER_OF_SEEDS [--test-log] [--ci95] [--multi-exp]   # from log.txt

A folder of one protocol gives the table, trainers side by side; RAdaX - X is taken over the seeds
both have. Spreads are standard deviations (ddof 0) or, with --ci95, half the 95% confidence
interval.
- base2new: Base, New and HM, the harmonic mean of a dataset's Base and New means over seeds. As in
  the published tables, the average row's HM comes from the averaged Base and New.
- few_shot: a table for each number of shots, then the means over the datasets all have.
- transfer: the source, the other datasets with their average, the shifts with theirs.
- finetune: a row for each trainer: the set itself, its shifts, their average; with --wise-ft a row
  for each mixture with the start, and the curves as wise_ft.png and wise_ft.csv.
- test_time: one accuracy for each dataset, each family with its average; seconds are of the test.
Where all runs are rehearsals (REHEARSE=1) the table says so; beside real runs they are left out.
Any other folder is read as in CoOp: FOLDER/<seed>/log.txt, or FOLDER/<experiment>/<seed>/log.txt
with --multi-exp; training logs unless --test-log.
"""

import argparse
import os
import sys
from pathlib import Path

from rada.experiments import wise_ft
from rada.experiments.logs import FINISHED, RESULT, parse_experiments, parse_seeds
from rada.experiments.protocols import PARTS, protocol_in
from rada.experiments.report import FORMATS, report
from rada.program import end_with_reader, run_program


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """CoOp's options and those of the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("directory", type=os.path.expanduser, help="path to directory")
    add("--ci95", action="store_true", help="95%% confidence interval, not standard deviation")
    add("--test-log", action="store_true", help="parse test-only logs")
    add("--multi-exp", action="store_true", help="parse multiple experiments")
    add("--keyword", default="accuracy", help="which metric to extract")
    add("--format", choices=FORMATS, help="of the table (default: simple)")
    add("--by-trainer", action="store_true", help="one line per trainer, datasets averaged")
    add("--wise-ft", action="store_true", help="of a finetune folder: WiSE-FT's curves")
    add("--published", action="store_true", help="add to the table what the papers report")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Print the results of a folder.

    Raises:
        OSError, ValueError: if there is nothing to print, in one clear line.
    """
    args = parse_args(argv)
    if not args.directory.strip():
        raise ValueError("the directory is empty; give the folder of seeds, or of a protocol")
    if not Path(args.directory).is_dir():
        raise FileNotFoundError(f"no folder {args.directory}")
    if args.wise_ft:
        print(wise_ft.report(args.directory, args.format or "simple"))
    elif protocol_in(Path(args.directory)):
        if args.by_trainer and args.format in ("csv", "json"):
            raise ValueError(f"--by-trainer is a layout of text; --format {args.format} has none")
        how = args.ci95, args.published, args.by_trainer
        text, remarks = report(args.directory, args.format or "simple", args.keyword, *how)
        print(text)
        if remarks:
            print(remarks, file=sys.stderr)
    elif args.format or args.published or args.by_trainer:
        *folders, last = (part.folder for part in PARTS.values())
        known = f"{' nor '.join(folders[:2])}, {', '.join(folders[2:])} or {last}"
        raise ValueError(f"{args.directory} has neither {known}: no table to make")
    else:
        parse_logs(args)


def parse_logs(args: argparse.Namespace) -> None:
    """CoOp's summary."""
    parse = parse_experiments if args.multi_exp else parse_seeds
    end_signal = RESULT if args.test_log else FINISHED
    try:
        parse(args.directory, args.keyword, end_signal, args.ci95)
    except FileNotFoundError as error:
        tables = [str(folder) for folder in tables_below(Path(args.directory))]
        hint = f"try {' or '.join(tables)}; " if tables else ""
        raise FileNotFoundError(f"{hint}{error}") from None


def tables_below(directory: Path) -> list[Path]:
    """Folders of a protocol in a folder, or in a folder of it (output/rehearsal)."""
    found = {
        path.parent
        for part in PARTS.values()
        for depth in ("*", "*/*")
        for path in directory.glob(f"{depth}/{part.folder}")
    }
    return sorted(found)


def cli(argv: list[str] | None = None) -> int:
    """Run `main`; a mistake becomes one line on stderr and exit code 2."""
    end_with_reader()
    return run_program(lambda: main(argv))
