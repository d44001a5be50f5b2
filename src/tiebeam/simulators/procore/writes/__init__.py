"""What changes records: the API's writes, its uploads and its webhooks' settings."""
