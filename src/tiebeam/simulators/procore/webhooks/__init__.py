"""Notices of what happened: who asked for them, what they say, and when they are sent again."""
