"""What is captured for: projects, crews and cost codes."""
