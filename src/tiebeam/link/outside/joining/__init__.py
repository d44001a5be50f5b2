"""Which columns and groups of a board elsewhere a board of ours is joined to."""
