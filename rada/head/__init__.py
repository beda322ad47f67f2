"""The mask of the rational matrix, and heads: from features to logits."""
