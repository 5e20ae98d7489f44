"""What changed between two texts, word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, ADDED, REMOVED = "same", "added", "removed"
# A word with the space after it, so that a changed sentence is a few marks and not dozens.
WORD = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True)
class Part:
    """Words in a row that stayed (`same`), came (`added`) or went (`removed`)."""

    kind: str
    text: str


def word_changes(before: str, after: str) -> list[Part]:
    """The parts that lead from one text to another: all but `added` is the first, all but `removed`
    the second. Line breaks of both kinds count as the same.
    """
    return list(_parts(WORD.findall(_plain(before)), WORD.findall(_plain(after))))


def _parts(old: list[str], new: list[str]) -> Iterator[Part]:
    # A last word without the space after it is the same word.
    matcher = SequenceMatcher(
        None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False
    )
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what == "equal":
            was, now = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
            # Where the new text ends here, what went stands apart from it all the same.
            yield Part(SAME, was if now == was.rstrip() else now)
            continue
        if gone := "".join(old[old_from:old_to]):
            yield Part(REMOVED, gone)
        if come := "".join(new[new_from:new_to]):
            yield Part(ADDED, come)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
