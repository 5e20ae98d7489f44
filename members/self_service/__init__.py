"""What focal points of members do for their organisation."""
