"""Rules that answer what happens to jobs and items: what they are, and what carries them out."""
