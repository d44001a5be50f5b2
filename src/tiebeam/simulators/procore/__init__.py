"""A clean-room imitation of the Procore REST API, written from facts about it."""
