"""Jobs, and the boards on which work is planned: a product of its own, which knows no other system."""
