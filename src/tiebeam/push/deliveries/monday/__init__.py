"""Items on their way to monday.com, and the looks before they are sent again."""
