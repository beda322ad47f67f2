"""A trainer with data, model and evaluator from the config."""

import datetime
import os.path as osp
import time

import torch
from torch import Tensor, nn
from tqdm import tqdm
from yacs.config import CfgNode

from dassl.data import DataManager
from dassl.engine.base import TrainerBase
from dassl.engine.network import SimpleNet
from dassl.evaluation import build_evaluator
from dassl.optim import build_lr_scheduler, build_optimizer
from dassl.utils import count_num_param, load_pretrained_weights, mkdir_if_missing


class SimpleTrainer(TrainerBase):
    """Builds everything, resumes if it can, saves and tests; a subclass trains an epoch."""

    def __init__(self, cfg: CfgNode):
        super().__init__()
        self.check_cfg(cfg)
        use_cuda = torch.cuda.is_available() and cfg.USE_CUDA
        self.device = torch.device("cuda" if use_cuda else "cpu")
        self.start_epoch = self.epoch = 0
        self.max_epoch = cfg.OPTIM.MAX_EPOCH
        self.output_dir = cfg.OUTPUT_DIR
        self.cfg = cfg
        self.build_data_loader()
        self.build_model()
        self.evaluator = build_evaluator(cfg, lab2cname=self.lab2cname)
        self.best_result = -float("inf")

    def check_cfg(self, cfg: CfgNode) -> None:
        """Raise here if the trainer cannot work with a config."""

    def build_data_loader(self) -> None:
        """Make the loaders and what is known of the classes."""
        self.dm = dm = DataManager(self.cfg)
        self.train_loader_x, self.train_loader_u = dm.train_loader_x, dm.train_loader_u
        self.val_loader, self.test_loader = dm.val_loader, dm.test_loader
        self.num_classes, self.lab2cname = dm.num_classes, dm.lab2cname
        self.num_source_domains = dm.num_source_domains

    def build_model(self) -> None:
        """Make and register a SimpleNet; with several GPUs a batch is spread over them."""
        cfg = self.cfg
        print("Building model")
        self.model = SimpleNet(cfg, cfg.MODEL, self.num_classes)
        if cfg.MODEL.INIT_WEIGHTS:
            load_pretrained_weights(self.model, cfg.MODEL.INIT_WEIGHTS)
        self.model.to(self.device)
        print(f"# params: {count_num_param(self.model):,}")
        self.optim = build_optimizer(self.model, cfg.OPTIM)
        self.sched = build_lr_scheduler(self.optim, cfg.OPTIM)
        self.register_model("model", self.model, self.optim, self.sched)
        devices = torch.cuda.device_count() if self.device.type == "cuda" else 0
        if devices > 1:
            print(f"Detected {devices} GPUs (use nn.DataParallel)")
            self.model = nn.DataParallel(self.model)

    def train(self) -> None:
        """Train until OPTIM.MAX_EPOCH and test."""
        super().train(self.start_epoch, self.max_epoch)

    def before_train(self) -> None:
        """Resume from RESUME or the output folder; start tensorboard and the clock."""
        self.start_epoch = self.resume_model_if_exist(self.cfg.RESUME or self.output_dir)
        log_dir = osp.join(self.output_dir, "tensorboard")
        mkdir_if_missing(log_dir)
        self.init_writer(log_dir)
        self.time_start = time.time()

    def after_train(self) -> None:
        """Test the last model, or the best on validation, unless TEST.NO_TEST."""
        print("Finish training")
        if not self.cfg.TEST.NO_TEST:
            if self.cfg.TEST.FINAL_MODEL == "best_val":
                print("Deploy the model with the best val performance")
                self.load_model(self.output_dir)
            else:
                print("Deploy the last-epoch model")
            self.test()
        elapsed = round(time.time() - self.time_start)
        print(f"Elapsed: {datetime.timedelta(seconds=elapsed)}")
        self.close_writer()

    def after_epoch(self) -> None:
        """Save the model if it is the best on validation, every CHECKPOINT_FREQ, and at last."""
        test, done = self.cfg.TEST, self.epoch + 1
        if not test.NO_TEST and test.FINAL_MODEL == "best_val":
            result = self.test(split="val")
            if result > self.best_result:
                self.best_result = result
                self.save_model(
                    self.epoch, self.output_dir, val_result=result, model_name="model-best.pth.tar"
                )
        every = self.cfg.TRAIN.CHECKPOINT_FREQ
        if done == self.max_epoch or (every > 0 and done % every == 0):
            self.save_model(self.epoch, self.output_dir)

    @torch.no_grad()
    def test(self, split: str | None = None) -> float:
        """Evaluate on "val" (if the dataset has it) or "test", by default TEST.SPLIT.

        Returns:
            The evaluator's first result: accuracy, percent.
        """
        self.set_model_mode("eval")
        self.evaluator.reset()
        split = split or self.cfg.TEST.SPLIT
        if split != "val" or self.val_loader is None:
            split = "test"
        print(f"Evaluate on the *{split}* set")
        for batch in tqdm(self.val_loader if split == "val" else self.test_loader):
            input, label = self.parse_batch_test(batch)
            self.evaluator.process(self.model_inference(input), label)
        results = self.evaluator.evaluate()
        for name, value in results.items():
            self.write_scalar(f"{split}/{name}", value, self.epoch)
        return next(iter(results.values()))

    def model_inference(self, input: Tensor) -> Tensor:
        """Predictions (B, K)."""
        return self.model(input)

    def parse_batch_test(self, batch: dict) -> tuple[Tensor, Tensor]:
        """Pictures and labels on the trainer's device."""
        return batch["img"].to(self.device), batch["label"].to(self.device)

    def get_current_lr(self, names: str | list[str] | None = None) -> float:
        """Learning rate of the first (named) model's first parameter group."""
        return self._optims[self.get_model_names(names)[0]].param_groups[0]["lr"]
