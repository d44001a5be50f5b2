"""Metrics and traces: what happens, counted and timed, without a word of whose it is."""
