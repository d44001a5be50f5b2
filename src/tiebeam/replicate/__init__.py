"""The only way in: pulls a vendor's records into a true local copy, and proves what is gone."""
