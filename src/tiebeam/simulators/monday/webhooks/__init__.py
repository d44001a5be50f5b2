"""Who is told of what happens on a board, and how."""
