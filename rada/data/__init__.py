"""Few-shot sets: splits, picks, readers, order."""
