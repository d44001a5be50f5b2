"""Jobs: queued with the change that wants them, run soon and fairly, and again until they are done."""
