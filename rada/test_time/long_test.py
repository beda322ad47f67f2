"""A test that takes long: a bar with the accuracy so far, and each prediction kept on disk at
once.

Several processes (`rada.engine.distributed`) share the pictures, a batch in turn; the predictions
are those of one process, for batches stay whole.
"""

from collections.abc import Container, Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader
from tqdm import tqdm

from rada.engine import distributed
from rada.engine.checkpoints import flatten
from rada.engine.errors import in_testing
from rada.engine.metrics import Prediction, predictions_of, top5_and_calibration
from rada.test_time.episodes import Episodes
from rada.test_time.prediction_log import Key, PredictionLog
from rada.test_time.views import path_below


class LongTest:
    """Mixin for a `CLIPTrainer` that adapts to each test picture; it has `build_episodes`."""

    episodes: Episodes | None = None  # of the test that is running

    @torch.no_grad()
    def test(self, split: str | None = None) -> float:
        """Accuracy, percent, on a split; one that was interrupted goes on at the next picture."""
        self.set_model_mode("eval")
        split = self.split_tested(split)
        loader = self.val_loader if split == "val" else self.test_loader
        print(f"Evaluate on the *{split}* set")
        self.episodes = self.build_episodes()
        path = Path(self.output_dir, f"predictions_{split}.jsonl")
        root, items = loader.dataset.root, loader.dataset.data_source
        keys = [(path_below(root, item.impath), item.label) for item in items]
        with distributed.main_process_first():
            log = PredictionLog(path, self.made_with(), distributed.rank())
        distributed.barrier()  # all begin with the same predictions
        self.seconds_before = log.seconds_before
        try:
            self.predict_share(loader, keys, log)
        finally:
            log.close()
            self.episodes = None
        distributed.barrier()
        if distributed.rank():
            return distributed.broadcast(0.0)
        log = PredictionLog(path, self.made_with())
        predictions = log.predictions
        results = self.evaluate([predictions[key] for key in keys])
        self.report(split, results)
        log.finish(keys)
        return distributed.broadcast(next(iter(results.values())))

    def predict_share(self, loader: DataLoader, keys: list[Key], log: PredictionLog) -> None:
        """Prediction this process's part of the pictures of a loader that lack a prediction.

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
        hits, total = sum(a.label == a.prediction for a in done), len(done) + len(own)
        others = distributed.rank() > 0
        with tqdm(total=total, initial=len(done), unit="image", disable=others) as bar:
            seen = len(done)
            for batch in self.batches(loader, own):
                views, labels = self.parse_batch_test(batch)
                with in_testing(self, batch, "TEST.EPISODES"):
                    predictions = predictions_of(self.model_inference(views), labels)
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
                "img": torch.cat([each["img"].to(self.device) for each in some]),
                "label": torch.cat([each["label"] for each in some]),
                "impath": [each["impath"][0] for each in some],
            }

    def model_inference(self, views: Tensor) -> Tensor:
        """Logits (B, K) of the batch that was parsed last, each after its own episode.

        Args:
            views: (B, V, 3, size, size).

        Raises:
            ValueError: naming the picture, if a number on the way is zero or not finite.
        """
        episodes = self.episodes or self.build_episodes()
        try:
            return finite(episodes(views))
        except ValueError:
            for path, one in zip(self._test_batch["impath"], views.split(1), strict=True):
                try:
                    finite(episodes(one))
                except ValueError as error:
                    raise ValueError(f"{path}: {error}") from error
            raise

    def evaluate(self, predictions: list[Prediction]) -> dict[str, float]:
        """Results of Dassl's evaluator, top-5 accuracy and calibration error; prints them."""
        labels = torch.tensor([prediction.label for prediction in predictions])
        predicted = torch.tensor([prediction.prediction for prediction in predictions])
        self.evaluator.reset()
        for some in torch.arange(len(predictions)).split(1000):
            self.evaluator.process(one_hot(predicted[some], self.num_classes), labels[some])
        more = top5_and_calibration(predictions)
        results = {**self.evaluator.evaluate(), **more}
        print("\n".join(f"* {name}: {value:.1f}%" for name, value in more.items()))
        return results

    def made_with(self) -> dict[str, str]:
        """What decides a prediction, by name: settings, classes, what was loaded."""
        cfg, found = self.cfg, {}
        for name in ("TRAINER", "TEST", "INPUT"):
            found |= flatten(cfg[name], f"{name}.")
        for free in ("EPISODES", "EVALUATOR", "PER_CLASS_RESULT", "COMPUTE_CMAT", "SPLIT"):
            found.pop(f"TEST.{free}")
        found["seed"], found["backbone"] = str(cfg.SEED), Path(cfg.MODEL.BACKBONE.NAME).name
        found["dataset"], found["learned tensors"] = cfg.DATASET.NAME, self.digest()
        found["classes"] = ", ".join(self.dm.dataset.classnames)
        return found


def tell_of_shares(done: int, pictures: int) -> None:
    """Print how many pictures are answered already, and who predictions the others."""
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
