"""The pages of the focal points of members."""
