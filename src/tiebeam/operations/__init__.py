"""What keeps the rest running: limits, tokens."""
