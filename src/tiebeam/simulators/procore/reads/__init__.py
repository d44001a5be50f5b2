"""The reading half of the simulated API, one module for each family of records."""
