"""The command line: parse, call the composition root, render. It decides nothing."""
