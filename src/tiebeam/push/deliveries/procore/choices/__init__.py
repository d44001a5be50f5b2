"""How a company wants its documents in Procore."""
