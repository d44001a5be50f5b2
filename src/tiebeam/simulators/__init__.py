"""Clean-room imitations of vendors, to try Tiebeam (or anything else) against."""
