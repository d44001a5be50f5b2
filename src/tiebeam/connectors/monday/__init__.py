"""What monday.com is asked and told: its boards, through GraphQL."""
