"""Tiebeam ties a builder's systems together: Procore first, into one PostgreSQL that tells the truth."""
