"""Procore, written: what a write says, files on their way, and how what was written is found again."""
