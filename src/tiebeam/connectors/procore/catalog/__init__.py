"""What Procore holds and how each kind of it can be read: data, by family."""
