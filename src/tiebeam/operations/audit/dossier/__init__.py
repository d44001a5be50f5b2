"""Dossiers: what is known of an item, a project or a period, signed, for somebody who does not trust us."""
