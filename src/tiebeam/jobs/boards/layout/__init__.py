"""Boards as they are laid out: their columns, labels and groups."""
