"""Where the sixteen datasets come from.

Addresses and md5 are those of CoOp's DATASETS.md, of torchvision's datasets, and of the pages of
the datasets themselves.
"""

from rada.prepare.benchmark import BENCHMARK
from rada.prepare.imagenets import IMAGENETS

SOURCES = {"imagenet": IMAGENETS["imagenet"], **BENCHMARK, **IMAGENETS}
