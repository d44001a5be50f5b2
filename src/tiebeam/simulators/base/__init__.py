"""What every simulated vendor shares: messages, faults and an HTTP server."""
