"""Where webhooks of boards elsewhere knock, and what they told of."""
