"""Few-shot picks: drawn as CoOp draws them, kept as readable JSON beside the dataset.

    <dataset>/split_fewshot/shot_16-seed_1.json

A record remembers the split it was made from; one made from another split, or damaged, is redone.
CoOp's own shot_16-seed_1.pkl is used, through a reader that can build nothing but its records, if
every pick in it belongs to the split; runs made with CoOp and with this project then match even
where CoOp's draw depended on the file system (ImageNet).
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable

from dassl.utils import read_json, write_json
from datasets.coop_cache import read_coop_cache
from datasets.new_splits import drawn_from
from datasets.pictures import Picture
from datasets.splits import PARTS

FOLDER = "split_fewshot"
Parts = list[list[Picture]]  # train, or train and val


class Picks:
    """The picks of one split, number of shots and seed."""

    def __init__(self, parts: Parts, shots: int, seed: int, dataset_dir: str):
        """Args:
        parts: all training pictures, and all validation pictures unless those are not drawn.
        shots: per class; for validation at most 4 of them.
        dataset_dir: folder of the dataset.
        """
        self.parts, self.shots, self.seed = parts, shots, seed
        self.dataset_dir = dataset_dir
        self.stem = os.path.join(dataset_dir, FOLDER, f"shot_{shots}-seed_{seed}")

    def draw(self, draw: Callable[[list[Picture], int], list[Picture]]) -> Parts:
        """The picks: those on record, else CoOp's, else drawn by `draw(pictures, shots)`.

        Raises:
            ValueError: if a class has fewer training pictures than shots.
        """
        self._require_enough()
        if self.seed < 0:
            return self._drawn(draw)
        path, facts = f"{self.stem}.json", self._facts()
        picks = self._read(path, facts)
        if picks:
            print(f"Loading few-shot picks from {path}")
            return picks
        picks = self._from_coop() or self._drawn(draw)
        self._write(path, facts, picks)
        return picks

    def _require_enough(self) -> None:
        counts = Counter((item.label, item.classname) for item in self.parts[0])
        (_, name), least = min(counts.items(), key=lambda pair: pair[1])
        if least < self.shots:
            raise ValueError(
                f'class "{name}" has {least} training pictures, fewer than {self.shots} shots '
                f"({self.dataset_dir}); lower SHOTS (DATASET.NUM_SHOTS) or add pictures"
            )

    def _drawn(self, draw) -> Parts:
        with drawn_from(self.seed):
            counts = (self.shots, min(self.shots, 4))
            return [draw(part, count) for part, count in zip(self.parts, counts, strict=False)]

    def _facts(self) -> dict:
        digest = hashlib.sha256()
        for name, part in zip(PARTS, self.parts, strict=False):
            digest.update(f"{name}\n".encode())
            for path, label, classname in part:
                digest.update(f"{self._short(path)}\t{label}\t{classname}\n".encode())
        return {"shots": self.shots, "seed": self.seed, "split": digest.hexdigest()}

    def _short(self, path: str) -> str:
        return path.removeprefix(self.dataset_dir + os.sep)

    def _read(self, path: str, facts: dict) -> Parts | None:
        """The picks of a record, None if there is none or it is not of this split."""
        if not os.path.exists(path):
            return None
        try:
            record = read_json(path)
            if {key: record[key] for key in facts} != facts:
                print(f"{path} was made from another split; drawing again")
                return None
            return [
                self._known(part, [(c["label"], p) for c in record[name] for p in c["pictures"]])
                for name, part in zip(PARTS, self.parts, strict=False)
            ]
        except (OSError, KeyError, TypeError, ValueError) as error:
            print(f"{path} is damaged ({error}); drawing again")
            return None

    def _known(self, part: list[Picture], picked: list[tuple[int, str]]) -> list[Picture]:
        """Pictures of the split by label and path; KeyError for one that is not in it."""
        known = {(item.label, self._short(item.impath)): item for item in part}
        if not picked:
            raise ValueError("no picks")
        return [known[key] for key in picked]

    def _from_coop(self) -> Parts | None:
        path = f"{self.stem}.pkl"
        if not os.path.exists(path):
            return None
        try:
            cache = read_coop_cache(path)
            picks = []
            for name, part in zip(PARTS, self.parts, strict=False):
                # the folder may have moved since: within a class a file name is enough
                known = {(item.label, os.path.basename(item.impath)): item for item in part}
                picks.append([known[label, os.path.basename(p)] for p, label in cache[name]])
        except (KeyError, ValueError) as error:
            print(f"{path} is ignored: {type(error).__name__} {error}; drawing again")
            return None
        print(f"Few-shot picks taken from CoOp's {path}")
        return picks

    def _write(self, path: str, facts: dict, picks: Parts) -> None:
        record = dict(facts)
        for name, part in zip(PARTS, picks, strict=False):
            classes: dict[int, dict] = {}
            for item in part:
                entry = {"label": item.label, "classname": item.classname, "pictures": []}
                classes.setdefault(item.label, entry)["pictures"].append(self._short(item.impath))
            record[name] = list(classes.values())
        try:
            write_json(record, path)
            print(f"Saved few-shot picks to {path}")
        except OSError as error:
            print(f"Few-shot picks are not saved: {error}")
