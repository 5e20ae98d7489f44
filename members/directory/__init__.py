"""The directory of members: what it lists and counts, profiles, open data."""
