"""Data: the requirements, the profiles that select them, and their schemas."""
