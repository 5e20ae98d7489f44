"""Ballots of the Steering Committee: opening, voting, counting, closing."""
