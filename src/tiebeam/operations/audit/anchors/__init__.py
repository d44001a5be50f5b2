"""Anchors: once a day the end of each trail is signed, with a key that the database does not give away."""
