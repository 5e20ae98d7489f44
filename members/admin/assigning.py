"""Who of the staff looks after an application."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from icrtop.accounts.models import User
from members.admin.base import ApplicationView
from members.admin.people import caretakers, name_of
from members.models import Application
from members.services import staff
from members.services.moving import ChangedMeanwhile


class CaretakerField(forms.ModelChoiceField):
    def label_from_instance(self, obj: User) -> str:
        return name_of(obj)


class AssignForm(forms.Form):
    """Whom it is assigned to; `was` is who had it when the page was opened, or empty."""

    was = forms.IntegerField(required=False, widget=forms.HiddenInput)
    to = CaretakerField(
        User.objects.none(),
        label=gettext_lazy("Assigned to"),
        required=False,
        empty_label=gettext_lazy("Nobody"),
    )

    def __init__(self, application: Application, data: Any = None) -> None:
        held = application.assigned_to_id
        super().__init__(data, initial={"was": held, "to": held})
        self.fields["to"].queryset = caretakers(also=held)  # type: ignore[attr-defined] # a choice


class AssignView(ApplicationView):
    """Takes the small form of the file page."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.file_url)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = request.POST.copy()
        if "me" in data:
            data["to"] = str(self.staff.pk)
        form = AssignForm(self.object, data)
        if not form.is_valid() or self.object.anonymised_at:
            return self.tell(_("Nothing was changed: choose somebody of the list."), done=False)
        to: User | None = form.cleaned_data["to"]
        if self.object.assigned_to == to:
            return self.tell(self._now(to))
        try:
            staff.assign(self.object, self.staff, to, was=form.cleaned_data["was"])
        except ChangedMeanwhile:
            return self.tell(self._meanwhile(), done=False)
        return self.tell(self._now(to))

    def _now(self, to: User | None) -> str:
        if to is None:
            return _("The application is assigned to nobody.")
        return _("The application is assigned to %(name)s.") % {"name": name_of(to)}

    def _meanwhile(self) -> str:
        last = self.object.events.filter(action="assign").order_by("-pk").first()
        self.object.refresh_from_db()
        holder = self.object.assigned_to
        words = {
            "who": last.by_name if last else _("somebody"),
            "name": name_of(holder) if holder else _("nobody"),
        }
        return _("Nothing was changed: %(who)s has meanwhile assigned it to %(name)s.") % words
