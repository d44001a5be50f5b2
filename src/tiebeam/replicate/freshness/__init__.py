"""How the calls that a vendor allows are spent where they make the copy freshest."""
