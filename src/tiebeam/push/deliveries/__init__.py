"""Where papers are pushed to, each target in a module of its own that knows nothing of the others."""
