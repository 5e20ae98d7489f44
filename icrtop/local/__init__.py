"""Local servers for development: what `make run`, `make dev` and `make test` start, and stop."""
