"""How long files are kept: ended ones are anonymised in time, forgotten drafts deleted."""

from members.retention.drafts import touch

__all__ = ["touch"]
