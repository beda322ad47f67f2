"""The pieces a trainer composes: backbone, encoders, head, classifier."""
