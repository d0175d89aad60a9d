"""What is there, what is not, and why."""
