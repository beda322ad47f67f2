"""What is measured: each file runs by one command and prints a table."""
