"""Many runs: planned, made, gathered in tables."""
