"""Train or test one trainer on one dataset, with CoOp's command line.

    python train.py --root data --seed 1 --trainer RAdaCoOp \\
        --dataset-config-file configs/datasets/caltech101.yaml \\
        --config-file configs/trainers/RAdaCoOp/vit_b16_ctxv1.yaml \\
        --output-dir output/demo DATASET.NUM_SHOTS 16 DATASET.SUBSAMPLE_CLASSES base

A training run also tests. Running the same command again resumes a half-finished run (`--resume
auto` says so aloud). A mistake ends in one line and exit code 2; its traceback is in log.txt. With
REHEARSE=1 in the environment it all runs on stand-in pictures with a tiny CLIP, to see that it
works. With TRAIN.LOOP steps, `torchrun --nproc_per_node=N train.py ...` shares a training among N
processes.
"""

import argparse
import contextlib
import os
import sys
import time
import traceback
from pathlib import Path

from rada import early
from rada.program import GOES_ON, run_program
from rada.signals import end_with_parent
from rada.toolbox import use_dassl

MISTAKES = (ValueError, OSError, FloatingPointError)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """CoOp's options; those not given leave the config files alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--root", default="", help="path to the datasets")
    add("--output-dir", default="", help="output directory")
    add("--resume", default="", help="folder to resume from; auto: the output directory, if it can")
    add("--seed", type=int, default=-1, help="only a positive value fixes the seed")
    add("--source-domains", nargs="+", help="source domains for DA/DG")
    add("--target-domains", nargs="+", help="target domains for DA/DG")
    add("--transforms", nargs="+", help="data augmentation methods")
    add("--config-file", default="", help="path to the trainer's config file")
    add("--dataset-config-file", default="", help="path to the dataset's config file")
    add("--trainer", default="", help="name of the trainer")
    add("--backbone", default="", help="name of the CLIP backbone, or a checkpoint file")
    add("--head", default="", help="name of the head (Dassl's own networks only)")
    add("--eval-only", action="store_true", help="test only")
    add(
        "--model-dir",
        type=os.path.expanduser,
        default="",
        help="load the model from this directory to test it",
    )
    add("--load-epoch", type=int, help="load the weights of this epoch (default: best, else last)")
    add("--no-train", action="store_true", help="build everything, do not train")
    add("opts", nargs=argparse.REMAINDER, help="config options as KEY VALUE pairs")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None):
    """Run one training or test.

    Returns:
        The trainer, for those who call this from Python.

    Raises:
        ValueError, OSError, FloatingPointError: for what a user can mend, in one clear line.
    """
    args = parse_args(argv)
    toolbox = use_dassl()
    early.require_command_line(args)
    from rada.engine import distributed

    with distributed.process_group():
        return build_and_run(args, toolbox)


def build_and_run(args: argparse.Namespace, toolbox: str):
    """What `main` does, in each of the processes."""
    from dassl.engine import build_trainer
    from dassl.utils import collect_env_info, set_random_seed, setup_logger
    from rada.engine import distributed, errors
    from rada.engine.config import print_args, setup_cfg
    from rada.locks import owned
    from rada.rehearsal.config import banner

    cfg = setup_cfg(args)
    if cfg.SEED >= 0:
        print(f"Setting fixed seed: {cfg.SEED}")
        set_random_seed(cfg.SEED)
    first = not distributed.rank()
    with owned(cfg.OUTPUT_DIR) if first else contextlib.nullcontext():
        if first:
            setup_logger(cfg.OUTPUT_DIR)
        banner(cfg)
        print_args(args, cfg)
        print(f"Collecting env info ...\n** System info **\n{collect_env_info()}\n")
        print(f"Toolbox: Dassl, {toolbox}")
        with errors.anywhere(cfg):
            trainer = build_trainer(cfg)
            run(trainer, args, toolbox)
        banner(cfg)
    return trainer


def run(trainer, args: argparse.Namespace, toolbox: str) -> None:
    """Train or test a trainer; the first process writes its results."""
    from rada.engine import distributed, wise_ft
    from rada.engine.results import write_results

    start, mixtures = time.time(), None
    if args.eval_only and trainer.cfg.TEST.WISE_FT:
        mixtures = wise_ft.evaluate_mixtures(trainer, args.model_dir, args.load_epoch)
    elif args.eval_only:
        trainer.load_model(args.model_dir, epoch=args.load_epoch)
        trainer.test()
    elif args.no_train:
        return
    else:
        trainer.train()
    if distributed.rank():
        return
    seconds = round(time.time() - start + trainer.seconds_before, 2)
    write_results(
        trainer,
        {
            "dataset": Path(args.dataset_config_file).stem or trainer.cfg.DATASET.NAME.lower(),
            "setting": Path(args.config_file).stem,
            "seconds": {"test" if args.eval_only else "train": seconds},
            "opts": args.opts,
            "toolbox": toolbox,
            **({"wise_ft": mixtures} if mixtures else {}),
        },
    )


def cli(argv: list[str] | None = None) -> int:
    """Run `main`; a mistake becomes one line on stderr and exit code 2."""
    end_with_parent()
    return run_program(lambda: main(argv), MISTAKES, recorded, GOES_ON)


def recorded(error: Exception) -> str:
    """The line for an error that is being handled; all of it goes to log.txt."""
    keep_traceback()
    return last_line(error)


def keep_traceback() -> None:
    """Write the error that is being handled to log.txt, if there is one and it takes it."""
    log = getattr(sys.stdout, "file", None)  # Dassl's logger writes to terminal and log.txt
    if log is not None:
        with contextlib.suppress(OSError, ValueError):
            log.write(traceback.format_exc())
            log.flush()


def last_line(error: Exception) -> str:
    """The message itself: an error from a loader's worker carries a whole traceback before it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].removeprefix(f"{type(error).__name__}: ")


if __name__ == "__main__":
    sys.exit(cli())
