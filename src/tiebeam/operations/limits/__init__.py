"""One gate per credential domain: the vendor's windows, our shares, and pauses."""
