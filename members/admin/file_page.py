"""The file of an application on one page."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views import generic

from members.admin.assigning import AssignForm
from members.admin.changes import changes_of
from members.admin.marks import ageing_since, mark_of, with_deadlines
from members.admin.move_forms import SERIOUS
from members.admin.notes import NoteForm
from members.admin.similar import similar_to
from members.models import Application
from members.sections import answer_rows
from members.states import CHANGE, ENDED_WITHOUT, State, moves_from


class ApplicationInspectView(generic.InspectView):
    any_permission_required = ("view", "change")
    page_title = _("Application")
    url_names: dict[str, str] = {}

    def get_object(self, queryset: Any = None) -> Application:
        files = (
            with_deadlines(Application.objects.sent())
            .select_related("country", "assigned_to", "organisation")
            .prefetch_related("people", "documents", "endorsements", "revisions", "notes")
        )
        application: Application = get_object_or_404(files, pk=self.pk)
        return application

    def get_fields(self) -> list[str]:
        return []

    def url(self, name: str, *arguments: Any) -> str:
        return reverse(self.url_names[name], args=[self.object.pk, *arguments])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        application, user = self.object, self.request.user
        revisions = list(application.revisions.all())
        is_whole = application.anonymised_at is None
        may_change = user.has_perm(CHANGE) and is_whole
        # What the applicant changes at this moment was not sent yet.
        answers = revisions[-1].answers if revisions else application.answers
        trail = application.trail
        return super().get_context_data(
            mark=mark_of(application, ageing_since()),
            moves=[
                (move, self.url("move", move.name), move.name in SERIOUS)
                for move in moves_from(application.state)
                if is_whole and user.has_perm(move.permission)
            ],
            may_change=may_change,
            may_see_letters=user.has_perm("mail.view_delivery"),
            assign_form=AssignForm(application) if may_change else None,
            assign_url=self.url("assign"),
            note_form=NoteForm() if may_change else None,
            note_url=self.url("note"),
            write_url=self.url("write") if may_change else "",
            is_being_changed=application.state == State.MORE_INFORMATION,
            sections=answer_rows(answers) if is_whole else [],
            documents=[one for one in application.documents.all() if one.removed_at is None],
            earlier_documents=[one for one in application.documents.all() if one.removed_at],
            changes=changes_of(application, revisions, self.request.GET) if is_whole else None,
            revisions=revisions,
            similar=similar_to(application) if is_whole else [],
            endorsements=application.endorsements.all(),
            notes=application.notes.all(),
            trail=trail,
            letters=[(event, letter) for event in trail for letter in event.messages.all()],
            export_url=self._elsewhere("membership_export") if may_change else "",
            anonymise_url=self._elsewhere("membership_anonymise")
            if may_change and application.state in ENDED_WITHOUT
            else "",
            **kwargs,
        )

    def _elsewhere(self, name: str) -> str:
        try:
            return reverse(name, args=[self.object.pk])
        except NoReverseMatch:
            return ""
