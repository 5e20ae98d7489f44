"""Names of files: the ones that people read, and the ones that every system can store."""

import re
import unicodedata

MOST_CHARACTERS = 120
# Not to be used in names on Windows, with or without an ending.
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$", re.IGNORECASE)
ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}$")
FORBIDDEN = re.compile(r'[<>:"/\\|?*]')


def display_name(sent: str, extension: str) -> str:
    """The name to show for a file that was sent as `sent`, with the ending that its content has.

    No folders, no characters that control the line or turn its direction (Unicode's category C),
    and not too long.
    """
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", sent))[-1]
    name = "".join(one for one in name if unicodedata.category(one)[0] != "C")
    name = " ".join(name.split()).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if dot and same_extension(ending, extension):
        name = stem
    name = name[:MOST_CHARACTERS].strip(". ")
    return f"{name or 'document'}.{extension}"


def same_extension(one: str, other: str) -> bool:
    return _usual(one) == _usual(other)


def _usual(extension: str) -> str:
    return {"jpeg": "jpg"}.get(extension.lower(), extension.lower())


def safe_name(name: str) -> str:
    """The same name for an archive that is unpacked on any system: no folder, no reserved name."""
    plain = FORBIDDEN.sub("_", display_name_only(name))
    if RESERVED.match(plain):
        plain = f"_{plain}"
    stem, ending = plain, ""
    if found := ENDING.search(plain):
        stem, ending = plain[: found.start()], found.group()
    return f"{_short(stem) or 'file'}{ending}"


def display_name_only(name: str) -> str:
    """A name without what a line may not have in it, its folders kept as they are."""
    plain = "".join(one for one in name if unicodedata.category(one)[0] != "C")
    return " ".join(plain.split()).strip(". ")


def _short(text: str) -> str:
    """At most 150 bytes of UTF-8: file systems count bytes."""
    return text.encode()[:150].decode(errors="ignore").strip(". ")
