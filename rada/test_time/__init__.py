"""Learning from each test picture alone."""
