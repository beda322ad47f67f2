"""Stands in for rada.engine.command: notes its command line and writes results.json.

STUB.FAIL NAME fails for that trainer or dataset, STUB.SLEEP SECONDS takes that long, STUB.DIE N
kills the process of the first N runs.
"""

import argparse
import datetime
import json
import os
import signal
import sys
import time
from pathlib import Path

from rada import config_files


def cli(argv=None):
    words = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser()
    for name in (
        "root",
        "trainer",
        "dataset-config-file",
        "config-file",
        "output-dir",
        "model-dir",
    ):
        parser.add_argument(f"--{name}")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--eval-only", action="store_true")
    parser.add_argument("opts", nargs=argparse.REMAINDER)
    args = parser.parse_args(words)
    assert config_files.layers(args.config_file) and Path(args.dataset_config_file).is_file()
    assert args.eval_only == bool(args.model_dir)
    options = dict(zip(args.opts[::2], args.opts[1::2], strict=True))

    with open("calls.txt", "a") as calls:
        calls.write(" ".join(words) + "\n")
    folder = Path(args.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    print("threads", os.environ.get("OMP_NUM_THREADS"), flush=True)
    with open("workers.txt", "a") as workers:
        workers.write(f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES')}\n")
    if len(Path("workers.txt").read_text().splitlines()) <= int(options.get("STUB.DIE", 0)):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(float(options.get("STUB.SLEEP", 0)))
    dataset = Path(args.dataset_config_file).stem
    if options.get("STUB.FAIL") in (args.trainer, dataset):
        print("error: the stub fails", file=sys.stderr)
        return 1
    accuracy = 60.0 + args.seed + (args.trainer == "RAdaCoOp")
    results = {
        "trainer": args.trainer,
        "dataset": dataset,
        "seed": args.seed,
        "shots": int(options["DATASET.NUM_SHOTS"]),
        "classes": options["DATASET.SUBSAMPLE_CLASSES"],
        "metrics": {"accuracy": accuracy},
        "opts": args.opts,
        "date": datetime.datetime.now().isoformat(),
    }
    if os.environ.get("REHEARSE") == "1":
        print("stand-ins in", os.environ["REHEARSE_ROOT"])
        results["rehearsal"] = True
    (folder / "results.json").write_text(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(cli())
