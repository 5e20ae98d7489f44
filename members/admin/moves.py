"""The page of a move: what it does, whom it mails with which words, and the click that makes it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.headers import InvalidMessage
from members.admin.base import ApplicationView, events_since, last_event
from members.admin.committee import committee_now, rules_now
from members.admin.letter_form import LetterForm, is_reworded
from members.admin.move_forms import FORMS, LETTER_COMES_SECOND, SERIOUS, MoveForm
from members.ballots.opening import NobodyCanVote
from members.letters import draft_letter
from members.services.moving import ChangedMeanwhile, MoveNotAllowed, ReasonsMissing
from members.services.staff import SERVICES
from members.states import MOVES, By, Move

# The steps of a page, as its buttons name them.
WHAT, LETTER, MAKE = "what", "letter", "make"


class MoveView(ApplicationView):
    """Asks what there is to say about a move, shows its letters, and makes it.

    Both stand on one page, unless the letters are made of what is said: then they come second,
    and each step carries what was typed in the other. Nothing is kept between requests.
    """

    template_name = "members/admin/move.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.permission = self.move.permission
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        if not self.applies and request.method != "POST":
            return self.tell(self._too_late(), done=False)
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def move(self) -> Move:
        move = MOVES.get(self.kwargs["move"])
        if move is None or move.by != By.STAFF:
            raise Http404
        return move

    @property
    def applies(self) -> bool:
        return self.object.state in self.move.sources and not self.object.anonymised_at

    @property
    def has_two_steps(self) -> bool:
        return self.move.name in LETTER_COMES_SECOND

    def get_page_title(self) -> str:
        return str(self.move.label)

    def form(self, data: QueryDict | None = None) -> MoveForm:
        return FORMS.get(self.move.name, MoveForm)(
            data,
            application=self.object,
            move=self.move,
            initial={"version": self.object.version, "seen": last_event(self.object)},
        )

    def letters(self, facts: dict[str, Any], data: QueryDict | None = None) -> list[LetterForm]:
        """The letters of the move as they are now proposed, with what was posted of them."""
        return [
            LetterForm(draft_letter(self.object, name, facts), data) for name in self.move.letters
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.has_two_steps:
            return self.show(WHAT, self.form())
        return self.show(MAKE, self.form(), self.letters({"note": ""}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form, wanted = self.form(request.POST), request.POST.get("step", MAKE)
        is_valid = form.is_valid()
        if "version" in form.errors:
            return self.get(request)  # What the page itself had put there was changed: begin anew.
        if not self.applies or form.cleaned_data["version"] != self.object.version:
            return self.told_of_others(form)
        if wanted == WHAT or (self.has_two_steps and not is_valid):
            return self.show(WHAT, form)
        letters = self.letters(form.facts if is_valid else {"note": ""}, request.POST)
        if wanted == LETTER:
            return self.show(MAKE, form, [letter.renewed() for letter in letters])
        if any(letter.draft.recipients and not letter.was_shown for letter in letters):
            return self.show(MAKE, form, [letter.renewed() for letter in letters])
        if any(letter.goes_to_others for letter in letters):
            renewed = [letter.renewed() for letter in letters]
            return self.show(MAKE, form, renewed, changed=_("Meanwhile it goes to other people."))
        may_go = [letter.is_valid() for letter in letters if letter.draft.recipients]
        if not (is_valid and all(may_go)):
            return self.show(MAKE, form, letters)
        return self.make(form, letters)

    def make(self, form: MoveForm, letters: list[LetterForm]) -> HttpResponse:
        approved = {
            one.draft.name: one.letter if one.draft.recipients else one.draft for one in letters
        }
        try:
            SERVICES[self.move.name](
                self.object,
                self.staff,
                form.cleaned_data["version"],
                note=form.cleaned_data["note"],
                letters=approved,
                **form.parameters,
            )
        except (ChangedMeanwhile, MoveNotAllowed):
            return self.told_of_others(form)
        except NobodyCanVote:
            form.add_error(None, _("Nobody can vote: no organisation is on the committee."))
        except ReasonsMissing:
            form.add_error("note", form.fields["note"].error_messages["required"])
        except (InvalidMessage, InvalidAddress) as error:
            form.add_error(None, str(error))
        else:
            self.object.refresh_from_db()
            words = {
                "application": self.object.organisation_name,
                "state": self.object.get_state_display(),
            }
            return self.tell(_("%(application)s: %(state)s.") % words)
        return self.show(MAKE, form, letters)

    def told_of_others(self, form: MoveForm) -> HttpResponse:
        """Say what others did since the page was opened, and keep what was typed.

        Where the move can still be made, it can be from there, once that was read.
        """
        del self.object
        data = self.request.POST.copy()
        data["version"] = str(self.object.version)
        data["seen"] = str(last_event(self.object))
        meanwhile = events_since(self.object, form.cleaned_data.get("seen") or 0)
        if not self.applies:
            return self._show_typed(meanwhile)
        again = self.form(data)
        if self.has_two_steps and not (again.is_valid() and data.get("step") == MAKE):
            return self.show(WHAT, again, meanwhile=meanwhile)
        facts = again.facts if again.is_valid() else {"note": ""}
        renewed = [letter.renewed() for letter in self.letters(facts, data)]
        return self.show(MAKE, again, renewed, meanwhile=meanwhile)

    def _show_typed(self, meanwhile: list[Any]) -> HttpResponse:
        self.template_name = "members/admin/move_too_late.html"
        posted = self.request.POST
        typed = [(_("Note"), posted.get("note", ""))]
        typed += [(_("Letter"), posted[f"letter-{name}-body"]) for name in self._reworded(posted)]
        context = self.get_context_data(
            move=self.move,
            meanwhile=meanwhile,
            too_late=self._too_late(),
            typed=[(label, text) for label, text in typed if text.strip()],
        )
        return self.render_to_response(context, status=409)

    def _reworded(self, posted: QueryDict) -> list[str]:
        """The names of the letters whose words staff had changed."""
        return [name for name in self.move.letters if is_reworded(posted, name)]

    def _too_late(self) -> str:
        words = {
            "application": self.object.organisation_name or self.object.reference,
            "state": self.object.get_state_display(),
            "move": self.move.label,
        }
        return _("Nothing was done: %(application)s is now “%(state)s”.") % words

    def show(
        self,
        step: str,
        form: MoveForm,
        letters: list[LetterForm] | None = None,
        *,
        meanwhile: list[Any] | None = None,
        changed: str = "",
    ) -> HttpResponse:
        is_ballot = self.move.name == "put_to_ballot"
        posted = self.request.POST
        context = self.get_context_data(
            form=form,
            move=self.move,
            step=step,
            is_first_of_two=self.has_two_steps and step == WHAT,
            is_second_of_two=self.has_two_steps and step == MAKE,
            letters=letters or [],
            # In the first step, what was written in the second waits out of sight.
            carried=[
                (name, value)
                for name, value in posted.items()
                if step == WHAT and name.startswith("letter-")
            ],
            is_serious=self.move.name in SERIOUS,
            meanwhile=meanwhile,
            changed=changed,
            committee=committee_now() if is_ballot else None,
            rules=rules_now() if is_ballot else None,
            shows_ballot=self.move.name in ("accept", "decline", "stop_ballot"),
        )
        return self.render_to_response(context)
