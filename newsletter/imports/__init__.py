"""Taking in files of subscribers: reading them, checking every row, and storing what is right."""
