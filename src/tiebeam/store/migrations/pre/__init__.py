"""Migrations that only add: run before the code that needs them."""
