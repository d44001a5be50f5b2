"""What is captured on site: tickets, change order requests, daily reports, check-ins and photos."""
