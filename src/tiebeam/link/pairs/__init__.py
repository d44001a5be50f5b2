"""A job and the item it is linked to, kept in step both ways."""
