"""How the first person comes in, and how somebody who left for a vendor is known again."""
