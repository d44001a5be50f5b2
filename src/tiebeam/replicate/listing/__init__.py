"""What is listed page by page: records, their versions, the sync log, runs, deliveries."""
