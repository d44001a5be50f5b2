"""Migrations that take away: run when no process of the former release is left."""
