"""Webhooks: a delivery sets priority and never carries truth. Stored, collapsed per record, then fetched."""
