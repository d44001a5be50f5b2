"""Alerts: what is wrong, said once to those who can mend it, and taken back when it is well again."""
