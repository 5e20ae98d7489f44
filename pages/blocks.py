"""The blocks that pages are written with."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class BodyBlock(blocks.StreamBlock):
    """What an article is made of."""

    heading = blocks.CharBlock(label=_("Heading"))
    paragraph = blocks.RichTextBlock(label=_("Text"))
