"""What is learned before the head: prompts, adapters, linear maps."""
