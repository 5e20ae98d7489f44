"""What staff see of the listserv in the admin."""
