"""One make-believe contractor, coherent across every simulated vendor, that lives and changes."""
