"""Membership in the admin."""
