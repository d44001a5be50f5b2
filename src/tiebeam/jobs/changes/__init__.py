"""What was done to jobs and items: their activity, and what rules and links have yet to answer."""
