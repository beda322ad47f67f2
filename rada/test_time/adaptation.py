"""Learning from each test image alone, while a trainer tests (docs/test_time.md).

A test of this kind takes long: there is a bar with the accuracy so far, and each prediction is on
disk at once. Several processes (`rada.engine.distributed`) share the pictures, a batch in turn; the
predictions are those of one process, for batches stay whole.
"""

from collections.abc import Container, Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader
from tqdm import tqdm
from yacs.config import CfgNode

from dassl.data import DataManager
from rada.data.pictures import path_below, root_of
from rada.engine import distributed
from rada.engine.checkpoints import flatten
from rada.engine.errors import in_testing
from rada.engine.metrics import Prediction, predictions_of, top5_and_calibration
from rada.engine.optim import require_unread
from rada.features.key import as_bytes
from rada.files import sha256
from rada.results_json import read_results
from rada.test_time.episodes import Episode, Episodes
from rada.test_time.prediction_log import Key, PredictionLog
from rada.test_time.settings import kept, optimizer_of, require_episode
from rada.test_time.views import ReproducibleWrapper, Views

TUNED = {"prompt_learner": "prompt", "mask": "mask"}  # learned modules, as episodes call them


class Adaptation:
    """How a trainer adapts to each test image; its encoder is a `PromptEncoder`.

    A trainer declares it as `adaptation = Adaptation`; what it learns is what is tuned.

    Args:
        trainer: a `CLIPTrainer`.

    Attributes:
        episodes: of the test that is running.
    """

    def __init__(self, trainer):
        self.trainer = trainer
        self.episodes: Episodes | None = None

    def check_settings(self, cfg: CfgNode) -> None:
        """Raises ValueError for numbers that make no episode, or settings that nothing reads."""
        why = f"{cfg.TRAINER.NAME} learns at test time only"
        require_unread(cfg.OPTIM, why, "TEST.OPTIM", cfg.TEST.OPTIM)
        require_episode(cfg)

    def data_manager(self, cfg: CfgNode) -> DataManager:
        """Dassl's, with views of each test picture; as many at a time as episodes."""
        cfg = cfg.clone()
        cfg.defrost()
        cfg.DATALOADER.TEST.BATCH_SIZE = cfg.TEST.EPISODES
        views = None if cfg.INPUT.NO_TRANSFORM else Views(cfg)
        dm = DataManager(cfg, custom_tfm_test=views, dataset_wrapper=ReproducibleWrapper)
        root = cfg.DATASET.ROOT
        for loader in filter(None, (dm.val_loader, dm.test_loader)):
            loader.dataset.root = root_of(getattr(dm.dataset, "dataset_dir", root), root)
        return dm

    def require_nothing_to_train(self) -> None:
        """Raise ValueError if it starts from a trained model."""
        name, start = self.trainer.cfg.TRAINER.NAME, self.trainer.starts_from
        if start:
            raise ValueError(
                f"{name} tunes a trained {start} at test time; train {start}, then give its folder:"
                " --eval-only --model-dir FOLDER"
            )

    def loads(self, directory: str) -> bool:
        """Whether there is something to load from a folder.

        Raises:
            ValueError: if it should be given and is not, or the other way round.
        """
        name, start = self.trainer.cfg.TRAINER.NAME, self.trainer.starts_from
        if start and not directory:
            raise ValueError(f"{name} starts from a trained {start}: give --model-dir")
        if not directory or start:
            return True
        if trainer_of(directory) != name:  # base-to-new hands on the folder of the first half
            raise ValueError(f"{name} starts from words, not from a model; omit --model-dir")
        print(f"{name} starts from words: nothing is loaded")
        return False

    def after_load(self, directory: str) -> None:
        """Called when the trainer's learned tensors are those of a folder."""

    def build_episodes(self) -> Episodes:
        """What adapts the model as it is now."""
        return Episodes(self.trainer.model, self.tuned(), self.episode())

    def tuned(self) -> tuple[str, ...]:
        """What moves, of "prompt" and "mask"."""
        return tuple(TUNED[name] for name in self.trainer.learned())

    def episode(self) -> Episode:
        """How one image is learned from."""
        test = self.trainer.cfg.TEST
        return Episode(kept(test), test.STEPS, optimizer_of(test.OPTIM))

    def evaluate(self, split: str) -> float:
        """Accuracy, percent, on a split; one that was interrupted goes on at the next picture.

        Every process calls it; those but the first return 0.
        """
        trainer = self.trainer
        if trainer.cfg.INPUT.NO_TRANSFORM:
            raise ValueError("views are transformed pictures; set INPUT.NO_TRANSFORM False")
        trainer.set_model_mode("eval")
        loader = trainer.val_loader if split == "val" else trainer.test_loader
        print(f"Evaluate on the *{split}* set")
        self.episodes = self.build_episodes()
        path = Path(trainer.output_dir, f"predictions_{split}.jsonl")
        root, items = loader.dataset.root, loader.dataset.data_source
        classes = len(trainer.dm.dataset.classnames)
        keys = [(path_below(root, item.impath), item.label) for item in items]
        with distributed.main_process_first():
            log = PredictionLog(path, self.made_with(), classes, distributed.rank())
        distributed.barrier()  # all begin with the same predictions
        trainer.seconds_before = log.seconds_before
        try:
            self.predict_share(loader, keys, log)
        finally:
            log.close()
            self.episodes = None
        distributed.barrier()
        if distributed.rank():
            return 0.0
        log = PredictionLog(path, self.made_with(), classes)
        predictions = log.predictions
        results = self.results([predictions[key] for key in keys])
        trainer.report(split, results)
        log.finish(keys)
        return next(iter(results.values()))

    def predict_share(self, loader: DataLoader, keys: list[Key], log: PredictionLog) -> None:
        """Predict this process's part of the pictures of a loader that lack a prediction.

        Args:
            loader: of all pictures.
            keys: theirs, in the same order.
            log: gets the predictions.
        """
        known, root = log.predictions, loader.dataset.root
        left = unfinished(keys, known, loader.batch_size)
        lacking = {i for batch in left for i in batch}
        done = [known[key] for i, key in enumerate(keys) if i not in lacking]
        tell_of_shares(len(done), len(keys))
        own = [i for batch in left[distributed.rank() :: distributed.world_size()] for i in batch]
        hits, total = sum(each.label == each.prediction for each in done), len(done) + len(own)
        others = distributed.rank() > 0
        with tqdm(total=total, initial=len(done), unit="image", disable=others) as bar:
            seen = len(done)
            for batch in self.batches(loader, own):
                views, labels = self.trainer.parse_batch_test(batch)
                with in_testing(self.trainer, batch, "TEST.EPISODES"):
                    predictions = predictions_of(self.trainer.model_inference(views), labels)
                for path, prediction in zip(batch["impath"], predictions, strict=True):
                    log.add(path_below(root, path), prediction)
                    hits += prediction.label == prediction.prediction
                seen += len(predictions)
                bar.set_postfix(accuracy=f"{100 * hits / seen:.1f}%", refresh=False)
                bar.update(len(predictions))

    def batches(self, loader: DataLoader, left: list[int]) -> Iterator[dict]:
        """These pictures of a loader, as many at a time, on the trainer's device.

        Workers load one by one: the views of a picture are large, and many would wait.
        """
        alone = iter(
            DataLoader(
                loader.dataset,
                sampler=left,
                num_workers=loader.num_workers,
                collate_fn=loader.collate_fn,
                pin_memory=loader.pin_memory,
            )
        )
        while some := list(islice(alone, loader.batch_size)):
            yield {
                "img": torch.cat([each["img"].to(self.trainer.device) for each in some]),
                "label": torch.cat([each["label"] for each in some]),
                "impath": [each["impath"][0] for each in some],
            }

    def logits(self, views: Tensor, paths: list[str]) -> Tensor:
        """Logits (B, K) of pictures, each after its own episode.

        Args:
            views: (B, V, 3, size, size).
            paths: of the pictures.

        Raises:
            ValueError: naming the picture, if a number on the way is zero or not finite.
        """
        episodes = self.episodes or self.build_episodes()
        try:
            return finite(episodes(views))
        except ValueError:
            for path, one in zip(paths, views.split(1), strict=True):
                try:
                    finite(episodes(one))
                except ValueError as error:
                    raise ValueError(f"{path}: {error}") from error
            raise

    def results(self, predictions: list[Prediction]) -> dict[str, float]:
        """Results of Dassl's evaluator, top-5 accuracy and calibration error; prints them."""
        labels = torch.tensor([each.label for each in predictions])
        predicted = torch.tensor([each.prediction for each in predictions])
        evaluator, num_classes = self.trainer.evaluator, self.trainer.num_classes
        evaluator.reset()
        for some in torch.arange(len(predictions)).split(1000):
            evaluator.process(one_hot(predicted[some], num_classes), labels[some])
        more = top5_and_calibration(predictions)
        results = {**evaluator.evaluate(), **more}
        print("\n".join(f"* {name}: {value:.1f}%" for name, value in more.items()))
        return results

    def made_with(self) -> dict[str, str]:
        """What decides a prediction, by name: settings, classes, what was loaded."""
        cfg, found = self.trainer.cfg, {}
        for name in ("TRAINER", "TEST", "INPUT"):
            found |= flatten(cfg[name], f"{name}.")
        for free in ("EPISODES", "EVALUATOR", "PER_CLASS_RESULT", "COMPUTE_CMAT", "SPLIT"):
            found.pop(f"TEST.{free}")
        found["seed"], found["backbone"] = str(cfg.SEED), Path(cfg.MODEL.BACKBONE.NAME).name
        found["dataset"], found["learned tensors"] = cfg.DATASET.NAME, self.digest()
        found["classes"] = ", ".join(self.trainer.dm.dataset.classnames)
        return found

    def digest(self) -> str:
        """sha256 of the tensors that episodes start from."""
        model = self.trainer.model
        modules = model.encoder.prompt_learner, model.head
        tensors = (tensor for module in modules for tensor in module.state_dict().values())
        return sha256(map(as_bytes, tensors))


def tell_of_shares(done: int, pictures: int) -> None:
    """Print how many pictures have a prediction, and how many processes share the others."""
    if done:
        print(f"Resuming: {done:,} of {pictures:,} pictures are done")
    if (count := distributed.world_size()) > 1:
        print(f"{count} processes share {pictures - done:,}; the bar is the first one's")


def unfinished(keys: list[Key], predictions: Container, size: int) -> list[range]:
    """Of all batches of this size that lack a prediction: the indices of their keys.

    Whole batches: how pictures are put together changes the last digits.
    """
    batches = [range(i, min(i + size, len(keys))) for i in range(0, len(keys), size)]
    return [batch for batch in batches if any(keys[i] not in predictions for i in batch)]


def finite(logits: Tensor) -> Tensor:
    """Logits (B, K) as they are; raises ValueError unless all are finite."""
    if not logits.isfinite().all():
        raise ValueError("tuning made its logits infinite; lower TEST.OPTIM.LR or TEST.STEPS")
    return logits


def trainer_of(directory: str) -> str:
    """The trainer whose finished run a folder holds; empty if there is none."""
    path = Path(directory, "results.json")
    return read_results(path).get("trainer", "") if path.is_file() else ""
