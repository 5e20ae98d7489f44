"""Files of every kind, good and bad, made in code."""

import io
import struct
import zipfile
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from members.models import ApplicationDocument

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.wordprocessingml.document.main+xml"/>{more}</Types>'
)


def pdf(text="Statutes", trailer=b""):
    """A small, whole PDF of one page."""
    content = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(data)
    data += b"xref\n0 5\n0000000000 65535 f \n"
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer\n<< /Size 5 /Root 1 0 R %s >>\n" % trailer
    return data + b"startxref\n%d\n%%%%EOF\n" % start


def picture(kind="JPEG", size=(40, 30)):
    stream = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(stream, kind)
    return stream.getvalue()


def png_that_says_it_is(width, height):
    """A PNG of a few bytes whose header promises many pixels."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def docx(parts=None, more_types="", packing=zipfile.ZIP_DEFLATED):
    """A Word document with a page of text, and parts beside it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        archive.writestr("[Content_Types].xml", TYPES.format(more=more_types))
        archive.writestr("_rels/.rels", "<Relationships/>")
        archive.writestr("word/document.xml", "<w:document>Statutes</w:document>")
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return stream.getvalue()


def sent(content=None, name="statutes.pdf", content_type="application/pdf"):
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, pdf() if content is None else content, content_type)


def stored(application, kind="statutes", content=None, **fields):
    """A document that is kept with an application."""
    content = content or pdf()
    document = ApplicationDocument(
        application=application,
        kind=kind,
        **{
            "name": "statutes.pdf",
            "content_type": "application/pdf",
            "size": len(content),
            "sha256": "0" * 64,
            **fields,
        },
    )
    document.file.save("ignored", SimpleUploadedFile("ignored", content), save=False)
    document.save()
    return document
