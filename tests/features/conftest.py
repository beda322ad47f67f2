"""Shards of four rows: two batches of two."""

import pytest

from rada.features import folder


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """For all tests here."""
    monkeypatch.setattr(folder, "ROWS", 4)
