"""Papers on their way to another system, exactly once; whichever system that is."""
