"""Procore as a place that papers are pushed to."""
