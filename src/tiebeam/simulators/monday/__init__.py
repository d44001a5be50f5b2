"""A clean-room monday.com: boards behind GraphQL, with its limits, webhooks and ways of going wrong."""
