"""What replication did and is doing, for people to look at."""
