"""What our copy of a vendor says of a project, for checking documents before they are sent."""
