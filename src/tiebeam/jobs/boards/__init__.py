"""Boards with typed columns, their groups and items."""
