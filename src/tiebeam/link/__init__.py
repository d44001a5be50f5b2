"""Our own projects beside those of vendors: which is which."""
