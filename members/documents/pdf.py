"""Whether a file is a whole PDF that opens without a password (ISO 32000)."""

import re
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from members.documents.refusing import DAMAGED, TWO_THINGS, Refused

PROTECTED = _(
    "This PDF is protected, with a password or against printing. Save or print it as a PDF without "
    "protection, or send a photograph of its pages."
)
NO_PAGES = _("This PDF has no pages. Save the document as a PDF anew, and send that.")

VERSION = re.compile(rb"%PDF-[12]\.\d")
# In the trailer, or in the dictionary of a cross-reference stream: neither is ever compressed.
ENCRYPTED = re.compile(rb"/Encrypt\s*(\d+\s+\d+\s+R|<<)")
PAGES = re.compile(rb"/Type\s*/(Page|Pages|ObjStm)\b")
END = b"%%EOF"
# Readers look for the end in the last kilobyte; some programs leave a little more behind it.
END_BYTES = 2048


def check_pdf(file: BinaryIO) -> None:
    """Raises Refused. At most 10 MB are read."""
    data = file.read()
    if not VERSION.match(data):
        raise Refused(DAMAGED)
    end = data.rfind(END)
    if end < 0 or b"startxref" not in data[:end]:
        raise Refused(DAMAGED)
    if len(data) - end > END_BYTES:
        raise Refused(TWO_THINGS)
    if ENCRYPTED.search(data):
        raise Refused(PROTECTED)
    if not PAGES.search(data):
        raise Refused(NO_PAGES)
