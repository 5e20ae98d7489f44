"""A letter to the applicant that moves nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.headers import InvalidMessage
from members.admin.base import ApplicationView
from members.admin.letter_form import LetterForm
from members.letters import draft_letter
from members.services import staff


class WriteView(ApplicationView):
    template_name = "members/admin/write.html"

    def get_page_title(self) -> str:
        return _("Write to the applicant")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(LetterForm(draft_letter(self.object, "written")))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = LetterForm(draft_letter(self.object, "written"), request.POST)
        if self.object.anonymised_at:
            return self.tell(_("The file was anonymised: nobody can be written to."), done=False)
        if not form.draft.recipients:
            return self.show(form)
        if form.goes_to_others:
            return self.show(form.renewed(), changed=True)
        if not form.is_valid():
            return self.show(form)
        try:
            staff.write_to_applicant(self.object, self.staff, form.letter)
        except (InvalidMessage, InvalidAddress) as error:
            form.add_error(None, str(error))
            return self.show(form)
        return self.tell(_("The letter is on its way."), at="#letters")

    def show(self, form: LetterForm, *, changed: bool = False) -> HttpResponse:
        context = self.get_context_data(letter=form, changed=changed)
        return self.render_to_response(context)
