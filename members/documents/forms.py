"""The form for one document."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from icrtop.forms import PublicForm
from members.documents.checking import CONTENT_TYPES, EMPTY, KINDS
from members.models.documents import ApplicationDocument

CHOOSE = _("Choose a file first.")


class UploadForm(PublicForm):
    """One file of a kind; `storing.add` checks it. Its prefix tells the kinds on a page apart."""

    client_limit = "120/hour"

    file = forms.FileField(
        label=_("File"),
        error_messages={"required": CHOOSE, "missing": CHOOSE, "invalid": CHOOSE, "empty": EMPTY},
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, prefix=kind, **kwargs)
        self.kind = ApplicationDocument.Kind(kind)
        field = self.fields["file"]
        field.label = self.kind.label
        # A hint to the browser alone.
        endings = ",".join([*CONTENT_TYPES, *(f".{kind.extension}" for kind in KINDS), ".jpeg"])
        field.widget.attrs["accept"] = endings

    @property
    def upload(self) -> UploadedFile:
        """The file of a form that is valid."""
        file: UploadedFile = self.cleaned_data["file"]
        return file
