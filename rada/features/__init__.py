"""Image features, made once and kept: what they depend on, how they lie on disk, batches."""
