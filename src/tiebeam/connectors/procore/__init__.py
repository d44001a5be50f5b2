"""Procore: its streams as data, its sign-in, its reads and its errors."""
