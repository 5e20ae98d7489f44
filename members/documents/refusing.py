"""Saying why a file is not taken."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A file is not taken. The message tells the applicant why, and what to do."""

    def __init__(self, why: Promise | str) -> None:
        super().__init__(why)
        self.why = why


TAKEN = _("Send a PDF, a Word document (DOCX), or a photograph or scan as JPEG or PNG.")

DAMAGED = _(
    "This file is damaged or not complete: it cannot be read to its end. Open it on your device. "
    "If it opens, save it anew and send that; if not, look for another copy."
)
TWO_THINGS = _(
    "This file has another file hidden in or after it. Open it, save it anew as a PDF, and send "
    "that."
)
TOO_MUCH = _(
    "This Word document unpacks to far more than it should. Save it as a PDF, and send that."
)

# What the first bytes of a file give away, and what is said of it.
KNOWN: tuple[tuple[bytes, Promise], ...] = (
    (b"MZ", _("This file is a program for Windows, not a document.")),
    (b"\x7fELF", _("This file is a program, not a document.")),
    (b"\xcf\xfa\xed\xfe", _("This file is a program, not a document.")),
    (b"\xca\xfe\xba\xbe", _("This file is a program, not a document.")),
    (b"#!", _("This file is a program, not a document.")),
    (b"Rar!", _("This file is an archive. Unpack it, and send the documents one by one.")),
    (b"7z\xbc\xaf", _("This file is an archive. Unpack it, and send the documents one by one.")),
    (b"\x1f\x8b", _("This file is an archive. Unpack it, and send the documents one by one.")),
    (
        b"\xd0\xcf\x11\xe0",
        _(
            "This file is an Office document of the older kind (DOC, XLS), or one with a password. "
            "Open it, save it as a PDF without a password, and send that."
        ),
    ),
    (b"{\\rtf", _("This file is an RTF document. Save it as a PDF, and send that.")),
    (b"GIF8", _("This picture is a GIF. Save it as PNG or JPEG, and send that.")),
    (b"II*\0", _("This picture is a TIFF. Save it as PDF, PNG or JPEG, and send that.")),
    (b"MM\0*", _("This picture is a TIFF. Save it as PDF, PNG or JPEG, and send that.")),
)
WEBP = _("This picture is a WebP. Save it as PNG or JPEG, and send that.")
HEIC = _(
    "This picture is of a kind (HEIC or AVIF) that many devices cannot open. Save or export it as "
    "JPEG, and send that."
)
MARKUP = _("This file is a web page or a drawing (HTML, SVG or XML), which can contain programs.")
UNKNOWN = _("This file is none that we can take, whatever its name says.")


def unknown_kind(start: bytes) -> Refused:
    """What to say of a file that begins with `start`, and is of no kind that is taken."""
    why = _what_it_is(start)
    return Refused(f"{why} {TAKEN}" if why in (UNKNOWN, MARKUP) or _is_program(start) else why)


def _what_it_is(start: bytes) -> Promise:
    for signature, why in KNOWN:
        if start.startswith(signature):
            return why
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return WEBP
    if start[4:8] == b"ftyp" and start[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif"):
        return HEIC
    text = start.decode("utf-16", "replace") if start[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    text = text or start.decode("utf-8-sig", "replace")
    return MARKUP if text.lstrip().startswith("<") else UNKNOWN


def _is_program(start: bytes) -> bool:
    return start.startswith((b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!"))
