"""The desk of a bulletin: where it stands, what to do next, and what became of it, list by list."""

from email.utils import parseaddr
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from icrtop.accounts.models import User
from icrtop.mail.admin.counting import shared_progress
from icrtop.mail.admin.message_page import letters_url
from icrtop.mail.admin.standing import in_words, with_standing
from icrtop.mail.admin.wording import moment
from icrtop.mail.models import OPEN, Message, State
from newsletter.admin.bulletins import SEND, BulletinView, may_edit
from newsletter.models import BulletinPage, ListMailing, Mailing
from newsletter.results import Result, results_of
from newsletter.services.mailings import call_off

# Seconds between two looks: while letters are sent, and while nothing but time moves it on.
OFTEN, RARELY = 2.5, 15
SHOWN = 10

HEADINGS: tuple[str | Promise, ...] = (
    gettext_lazy("Letters"),
    gettext_lazy("Accepted"),
    gettext_lazy("Still to go"),
    gettext_lazy("Refused"),
    gettext_lazy("Perhaps sent"),
    gettext_lazy("Bounced"),
    gettext_lazy("Unsubscribed"),
)


class Step(NamedTuple):
    """Something that can be done with a bulletin."""

    label: str
    words: str
    url: str
    icon: str


class DeskView(BulletinView):
    template_name = "newsletter/admin/desk.html"

    def get_page_title(self) -> str:
        return _("Bulletin")

    @property
    def header_buttons(self) -> list[HeaderButton]:
        return [
            HeaderButton(step.label, url=step.url, icon_name=step.icon, priority=priority)
            for priority, step in enumerate(self.steps)
        ]

    @property
    def steps(self) -> list[Step]:
        """What can be done with the bulletin, in the order in which it usually is."""
        pk, user = self.bulletin.pk, self.request.user
        edit = reverse("wagtailadmin_pages:edit", args=[pk])
        steps = []
        if may_edit(self.bulletin, user):
            steps = [
                Step(
                    _("Collect"),
                    _("Collect what is new on the site."),
                    reverse("bulletins:collect", args=[pk]),
                    "download",
                ),
                Step(
                    _("Edit"), _("Write and arrange, look at the previews, publish."), edit, "edit"
                ),
                Step(
                    _("Send a test"),
                    _("Send a test to yourself and your colleagues."),
                    reverse("bulletins:try", args=[pk]),
                    "view",
                ),
            ]
        if user.has_perm(SEND):
            url = reverse("bulletins:send", args=[pk])
            steps.append(Step(_("Send"), _("Choose the lists, look again, send."), url, "mail"))
        return steps

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        shown = watched(self.bulletin, request.user)
        return self.show(
            **shown,
            draft=self.draft,
            steps=[] if shown["mailings"] else [(step.words, step.url) for step in self.steps],
            progress_url=reverse("bulletins:progress", args=[self.bulletin.pk]),
            replies_to=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        )


class DeskProgressView(DeskView):
    """The part of the desk that changes, alone."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(
            request, "newsletter/admin/desk_progress.html", watched(self.bulletin, request.user)
        )


class CallOffView(BulletinView):
    """Confirms that a mailing is not to be sent."""

    template_name = "newsletter/admin/call_off.html"
    needs_to_send = True

    def get_page_title(self) -> str:
        return _("Call off")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mailing = self.mailing()
        if not mailing.is_waiting:
            return self.too_late()
        return self.show(mailing=mailing, when=moment(mailing.send_at))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mailing = self.mailing()
        if not call_off(mailing):
            return self.too_late()
        log(instance=self.bulletin, action="newsletter.call_off", user=self.staff)
        messages.success(request, _("It is called off: nobody gets this letter."))
        return redirect(self.desk_url)

    def mailing(self) -> Mailing:
        mailing: Mailing = get_object_or_404(
            Mailing, pk=self.kwargs["mailing"], bulletin=self.bulletin
        )
        return mailing

    def too_late(self) -> HttpResponse:
        messages.warning(
            self.request,
            _("Its letters are in the outbox already. Cancel them there, list by list."),
        )
        return redirect(self.desk_url)


def watched(bulletin: BulletinPage, user: User | AnonymousUser) -> dict[str, Any]:
    """What changes while letters are sent: the mailings, latest first; how soon to look again."""
    mailings = list(
        bulletin.mailings.select_related("by").prefetch_related(
            "parts__mailing_list", "countries", "regions"
        )[:SHOWN]
    )
    parts = [part for mailing in mailings for part in mailing.parts.all()]
    keys = [part.message_id for part in parts if part.message_id]
    found = with_standing(Message.objects.defer("html", "text")).in_bulk(keys)
    results = results_of(parts)
    shown = []
    for mailing in mailings:
        rows = [
            _row(part, found.get(part.message_id), results[part.pk], user)
            for part in mailing.parts.all()
        ]
        shown.append({"mailing": mailing, "when": moment(mailing.send_at), "rows": rows})
    sends = any(not message.finished_at for message in found.values())
    waits = any(mailing.is_waiting for mailing in mailings)
    return {
        "bulletin": bulletin,
        "mailings": shown,
        "headings": HEADINGS,
        "seconds": OFTEN if sends else RARELY if waits else None,
        "may_send": user.has_perm(SEND),
    }


def _row(
    part: ListMailing, message: Message | None, result: Result, user: User | AnonymousUser
) -> dict[str, Any]:
    """A list's line of the table; a number leads to the letters that it counts."""
    row: dict[str, Any] = {"mailing_list": part.mailing_list, "message": message}
    if message is None:
        return row
    now = shared_progress(message)
    counted = (
        (now.total, tuple(State)),
        (now[State.SENT], (State.SENT,)),
        (now.open, OPEN),
        (now[State.FAILED], (State.FAILED,)),
        (now[State.UNCERTAIN], (State.UNCERTAIN,)),
        (result.bounced, ()),
        (result.left, ()),
    )
    row["cells"] = [
        (intcomma(number), letters_url(user, message, *states) if number and states else None)
        for number, states in counted
    ]
    row["standing"] = in_words(message)
    row["percent"] = now.done * 100 // now.total if now.total else 100
    return row
