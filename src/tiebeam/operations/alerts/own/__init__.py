"""The channels that a company has added itself: sealed, guarded, and told of its own alerts alone."""
