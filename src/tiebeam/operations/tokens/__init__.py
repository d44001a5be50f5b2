"""Connections and their encrypted credentials, with one refresher at a time."""
