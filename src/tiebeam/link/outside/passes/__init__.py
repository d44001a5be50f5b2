"""When joined boards are laid beside each other whole, and what that came to."""
