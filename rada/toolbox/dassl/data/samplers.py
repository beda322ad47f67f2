"""Samplers; those by domain and class draw from python's `random`."""

import random
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from torch.utils.data import RandomSampler, Sampler, SequentialSampler
from yacs.config import CfgNode

from dassl.data.datasets.base_dataset import Data


class _ListSampler(Sampler[int]):
    """Draws the whole order of an epoch at once, and once at the start to know its length."""

    def __iter__(self) -> Iterator[int]:
        return iter(self.draw())

    def __len__(self) -> int:
        return self.length

    def draw(self) -> list[int]:
        """Indices of one epoch."""
        raise NotImplementedError


class RandomDomainSampler(_ListSampler):
    """Batches with equally many items of each of n_domain domains drawn at random.

    An epoch ends when a domain cannot fill its share of another batch.

    Args:
        n_domain: domains per batch; not positive means all.

    Raises:
        ValueError: if the batch size is no multiple of n_domain.
    """

    def __init__(self, data_source: Data, batch_size: int, n_domain: int | None):
        self.data_source, self.batch_size = data_source, batch_size
        self.domain_dict = defaultdict(list)
        for index, item in enumerate(data_source):
            self.domain_dict[item.domain].append(index)
        self.domains = list(self.domain_dict)
        self.n_domain = n_domain if n_domain and n_domain > 0 else len(self.domains)
        if batch_size % self.n_domain:
            raise ValueError(
                f"batch_size={batch_size} must be a multiple of {self.n_domain} domains"
            )
        self.n_img_per_domain = batch_size // self.n_domain
        self.length = len(self.draw())

    def draw(self) -> list[int]:
        """Indices of one epoch."""
        left = {domain: list(indices) for domain, indices in self.domain_dict.items()}
        order, exhausted = [], False
        while not exhausted:
            for domain in self.next_domains():
                drawn = random.sample(left[domain], self.n_img_per_domain)
                order += drawn
                left[domain] = [index for index in left[domain] if index not in drawn]
                exhausted |= len(left[domain]) < self.n_img_per_domain
        return order

    def next_domains(self) -> list[int]:
        """Domains of the next batch."""
        return random.sample(self.domains, self.n_domain)


class SeqDomainSampler(RandomDomainSampler):
    """Batches with equally many items of every domain, domains in order."""

    def __init__(self, data_source: Data, batch_size: int):
        super().__init__(data_source, batch_size, n_domain=0)

    def next_domains(self) -> list[int]:
        """All domains, sorted."""
        return sorted(self.domains)


class RandomClassSampler(_ListSampler):
    """Batches with n_ins items of each of batch_size // n_ins classes drawn at random.

    Classes with fewer items repeat them (drawn by numpy).

    Raises:
        ValueError: if n_ins exceeds the batch size, or there are too few classes for a batch.
    """

    def __init__(self, data_source: Data, batch_size: int, n_ins: int):
        if batch_size < n_ins:
            raise ValueError(f"batch_size={batch_size} must be no less than n_ins={n_ins}")
        self.data_source, self.batch_size, self.n_ins = data_source, batch_size, n_ins
        self.ncls_per_batch = batch_size // n_ins
        self.index_dic = defaultdict(list)
        for index, item in enumerate(data_source):
            self.index_dic[item.label].append(index)
        self.labels = list(self.index_dic)
        if len(self.labels) < self.ncls_per_batch:
            raise ValueError(
                f"a batch of {self.ncls_per_batch} classes needs as many, "
                f"got {len(self.labels)}; raise DATALOADER.TRAIN_X.N_INS"
            )
        self.length = len(self.draw())

    def draw(self) -> list[int]:
        """Indices of one epoch."""
        groups = {label: self._grouped(self.index_dic[label]) for label in self.labels}
        left, order = list(self.labels), []
        while len(left) >= self.ncls_per_batch:
            for label in random.sample(left, self.ncls_per_batch):
                order += groups[label].pop(0)
                if not groups[label]:
                    left.remove(label)
        return order

    def _grouped(self, indices: list[int]) -> list[list[int]]:
        if len(indices) < self.n_ins:
            indices = np.random.choice(indices, size=self.n_ins, replace=True).tolist()
        indices = list(indices)
        random.shuffle(indices)
        whole = len(indices) // self.n_ins * self.n_ins
        return [indices[i : i + self.n_ins] for i in range(0, whole, self.n_ins)]


def build_sampler(
    sampler_type: str,
    cfg: CfgNode | None = None,
    data_source: Data | None = None,
    batch_size: int = 32,
    n_domain: int = 0,
    n_ins: int = 16,
) -> Sampler:
    """The sampler of that name; cfg is not read (it is an argument of Dassl's).

    Raises:
        ValueError: for an unknown name.
    """
    builders = {
        "RandomSampler": lambda: RandomSampler(data_source),
        "SequentialSampler": lambda: SequentialSampler(data_source),
        "RandomDomainSampler": lambda: RandomDomainSampler(data_source, batch_size, n_domain),
        "SeqDomainSampler": lambda: SeqDomainSampler(data_source, batch_size),
        "RandomClassSampler": lambda: RandomClassSampler(data_source, batch_size, n_ins),
    }
    if sampler_type not in builders:
        raise ValueError(f"Unknown sampler type: {sampler_type}")
    return builders[sampler_type]()
