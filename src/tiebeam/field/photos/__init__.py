"""Photos: originals byte for byte, and what can be told of them."""
