"""Paper: PDFs of which the same contents always give the same bytes."""
