"""Few-shot picks: drawn as CoOp draws them, kept as readable JSON beside the dataset.

    <dataset>/split_fewshot/shot_16-seed_1.json

A record remembers the split it was made from; one made from another split, or damaged, is redone.
CoOp's own shot_16-seed_1.pkl is used, through a reader that can build nothing but its records, if
every pick in it belongs to the split; runs made with CoOp and with this project then match even
where CoOp's draw depended on the file system (ImageNet).
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator

from rada.data.coop_cache import read_coop_cache
from rada.data.new_splits import drawn_from
from rada.data.pictures import RECORDS, Picture
from rada.data.splits import PARTS
from rada.files import sha256, write_json
from rada.kinds import Anything, Text, Whole
from rada.records import ListOf, Record, read_record

Parts = list[list[Picture]]  # train, or train and val


def record_of(parts: int) -> Record:
    """What a record of picks from so many parts holds."""
    of_class = Record({"label": Whole(least=0), "pictures": ListOf(Text())})
    facts = {"shots": Anything(), "seed": Anything(), "split": Anything()}
    return Record(facts | dict.fromkeys(PARTS[:parts], ListOf(of_class)))


class Picks:
    """The picks of one split, number of shots and seed.

    Args:
        parts: all training pictures, and all validation pictures unless those are not drawn.
        shots: per class; for validation at most 4 of them.
        dataset_dir: folder of the dataset.
    """

    def __init__(self, parts: Parts, shots: int, seed: int, dataset_dir: str):
        self.parts, self.shots, self.seed = parts, (shots, min(shots, 4)), seed
        self.dataset_dir = dataset_dir
        self.stem = os.path.join(dataset_dir, RECORDS, f"shot_{shots}-seed_{seed}")

    def draw(self, draw: Callable[[list[Picture], int], list[Picture]]) -> Parts:
        """The picks: those on record, else CoOp's, else drawn by `draw(pictures, shots)`."""
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

    def require_enough(self) -> None:
        """Raise ValueError if a class has fewer training pictures than shots."""
        counts = Counter((item.label, item.classname) for item in self.parts[0])
        (_, name), least = min(counts.items(), key=lambda pair: pair[1])
        if least < self.shots[0]:
            raise ValueError(
                f'class "{name}" has {least} training pictures, fewer than {self.shots[0]} shots '
                f"({self.dataset_dir}); lower SHOTS (DATASET.NUM_SHOTS) or add pictures"
            )

    def _drawn(self, draw) -> Parts:
        with drawn_from(self.seed):
            return [draw(part, n) for part, n in zip(self.parts, self.shots, strict=False)]

    def _facts(self) -> dict:
        return {"shots": self.shots[0], "seed": self.seed, "split": sha256(self._lines())}

    def _lines(self) -> Iterator[str]:
        for name, part in zip(PARTS, self.parts, strict=False):
            yield f"{name}\n"
            for path, label, classname in part:
                yield f"{self._short(path)}\t{label}\t{classname}\n"

    def _short(self, path: str) -> str:
        return path.removeprefix(self.dataset_dir + os.sep)

    def _read(self, path: str, facts: dict) -> Parts | None:
        """The picks of a record, None if there is none or it is not of this split."""
        if not os.path.exists(path):
            return None
        try:
            record = read_record(path, record_of(len(self.parts)), "drawing again")
            if {key: record[key] for key in facts} != facts:
                print(f"{path} was made from another split; drawing again")
                return None
            listed = [
                [
                    (entry["label"], picture)
                    for entry in record[name]
                    for picture in entry["pictures"]
                ]
                for name, _ in zip(PARTS, self.parts, strict=False)
            ]
            return self._known(listed, self._short)
        except (OSError, KeyError, ValueError) as error:
            print(f"{path} is damaged ({type(error).__name__}: {error}); drawing again")
            return None

    def _from_coop(self) -> Parts | None:
        path = f"{self.stem}.pkl"
        if not os.path.exists(path):
            return None
        try:
            cache = read_coop_cache(path)
            listed = [
                [(label, os.path.basename(picture)) for picture, label in cache[name]]
                for name, _ in zip(PARTS, self.parts, strict=False)
            ]
            # the folder may have moved since: within a class a file name is enough
            picks = self._known(listed, os.path.basename)
        except (KeyError, ValueError) as error:
            print(f"{path} is ignored: {type(error).__name__}: {error}; drawing again")
            return None
        print(f"Few-shot picks taken from CoOp's {path}")
        return picks

    def _known(self, listed: list[list[tuple[int, str]]], name: Callable[[str], str]) -> Parts:
        """Pictures of the split by label and name.

        Raises:
            KeyError: for a name that is not in it.
            ValueError: if a class has not as many as it should.
        """
        picks = []
        for part, shots, pairs in zip(self.parts, self.shots, listed, strict=False):
            known = {(item.label, name(item.impath)): item for item in part}
            picks.append([known[pair] for pair in pairs])
            there = Counter(item.label for item in part)
            found = Counter(label for label, _ in set(pairs))
            if len(set(pairs)) < len(pairs) or found != {
                k: min(n, shots) for k, n in there.items()
            }:
                raise ValueError(f"not {shots} pictures of each class")
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
