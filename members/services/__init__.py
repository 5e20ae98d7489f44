"""What changes applications. Every function is one transaction, in which its letters are queued."""
