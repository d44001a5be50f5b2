"""Vendors, and nothing else: how each is asked, how it pages, what its answers mean."""
