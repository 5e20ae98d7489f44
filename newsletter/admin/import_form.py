"""The form by which staff upload a file of subscribers."""

import csv
import io

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.imports.reading import COLUMNS, MOST_BYTES, MOST_ROWS, UnreadableFile, check_file
from newsletter.models import MailingList
from pages.models.publications import Language

SAMPLE = (
    tuple(COLUMNS),
    ("ada@example.org", "Ada Example", "en", "KE UG"),
    ("bela@example.org", "Béla Example", "fr", ""),
    ("caro@example.org", "", "", ""),
)


def sample() -> bytes:
    """A file as the import wants it, to be filled in with a spreadsheet."""
    text = io.StringIO()
    csv.writer(text).writerows(SAMPLE)
    # With the mark by which spreadsheets know UTF-8.
    return text.getvalue().encode("utf-8-sig")


class ImportForm(forms.Form):
    """A file, the lists that it is for, and how we know that its people want them."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=format_lazy(
            gettext_lazy("CSV, of at most {most_bytes} MB and {most_rows} rows."),
            most_bytes=MOST_BYTES // 1024 // 1024,
            most_rows=f"{MOST_ROWS:,}",
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={
            "required": gettext_lazy("Choose the file."),
            "empty": gettext_lazy("The file is empty."),
        },
    )
    lists = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Lists"),
        queryset=MailingList.objects.all(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one list.")},
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of those whose row names none"),
        choices=Language,
        initial=settings.LANGUAGE_CODE,
    )
    source = forms.CharField(
        label=gettext_lazy("Where and when they agreed"),
        help_text=gettext_lazy(
            "Such as “sign-up sheet of the annual meeting, 5 May 2026”. It is kept as the consent "
            "of each of them, and shown to them when they ask what we know of them."
        ),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Without their consent nobody may be put on a list.")
        },
    )

    content = b""

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The file has more than %(most)d MB. Please split it.")
                % {"most": MOST_BYTES // 1024 // 1024}
            )
        self.content = file.read()
        try:
            self.layout = check_file(self.content)
        except UnreadableFile as error:
            raise forms.ValidationError(str(error)) from error
        return file
