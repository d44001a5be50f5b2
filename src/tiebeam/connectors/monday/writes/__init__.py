"""What changes something in monday.com. Only push may use it."""
