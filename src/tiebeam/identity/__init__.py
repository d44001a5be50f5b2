"""Tenants: the companies that use Tiebeam."""
