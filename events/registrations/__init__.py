"""Registering for events: what changes a registration, and what its person is told."""
