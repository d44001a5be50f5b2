"""What of a vendor is copied: the projects and kinds of record that a company has chosen."""
