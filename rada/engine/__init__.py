"""The trainer over the toolbox, and what a run needs."""
