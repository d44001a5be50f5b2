"""What people and programs come in with, kept: sessions, API keys, devices, and who must wait."""
