"""What can be asked for over the API, by subject."""
