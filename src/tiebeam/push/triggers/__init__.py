"""What has a document sent: a button, a batch on a schedule, its approval; each as a company chooses."""
