"""Reading calendars back, beside what the parsers of others do."""

import re


def unfolded(text: str) -> list[str]:
    """The content lines of a calendar, by RFC 5545, section 3.1."""
    return text.replace("\r\n ", "").split("\r\n")


def read_lines(text: str, component: str = "VEVENT") -> dict[str, str]:
    """The properties of the first component of a kind, by name, as texts."""
    lines = unfolded(text)
    begin, end = lines.index(f"BEGIN:{component}"), lines.index(f"END:{component}")
    found = {}
    for line in lines[begin + 1 : end]:
        name, _colon, value = line.partition(":")
        found[name.partition(";")[0]] = unescaped(value)
    return found


def unescaped(value: str) -> str:
    r"""A TEXT as it was before it was escaped: `\n`, `\,`, `\;` and `\\`."""
    return re.sub(r"\\(.)", lambda one: "\n" if one[1] in "nN" else one[1], value)
