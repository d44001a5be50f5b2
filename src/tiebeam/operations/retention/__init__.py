"""Retention: how long what grows is kept, and the archive that the sync log goes into."""
