"""Pure things with no I/O: time, canonical JSON and hashes, diffs, back-off, errors."""
