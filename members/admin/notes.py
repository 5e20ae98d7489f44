"""What staff note about an application for one another."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.admin.base import ApplicationView
from members.services import staff


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Add a note"),
        help_text=gettext_lazy("Only staff see it."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )


class NoteView(ApplicationView):
    """Takes the form of the file page, and shows it alone if something is wrong with it."""

    template_name = "members/admin/note.html"

    def get_page_title(self) -> str:
        return _("Add a note")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=NoteForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NoteForm(request.POST)
        if self.object.anonymised_at:
            return self.tell(_("The file was anonymised: nothing is added to it."), done=False)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        staff.add_note(self.object, self.staff, form.cleaned_data["text"])
        return self.tell(_("The note is added."), at="#notes")
