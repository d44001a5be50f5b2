"""How every company stands, told to whoever runs the installation."""
