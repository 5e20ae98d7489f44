"""What the links in letters lead to. Following a link changes nothing; a button does."""
