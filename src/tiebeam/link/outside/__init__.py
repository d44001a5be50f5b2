"""Boards of ours that are kept the same as boards elsewhere, cell by cell."""
