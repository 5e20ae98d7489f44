"""The Steering Committee's pages: its ballots, and the files that it decides on."""
