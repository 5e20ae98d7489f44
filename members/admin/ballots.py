"""The ballots of the Steering Committee: a list for staff. A ballot itself is on its file."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, F, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.views import generic
from wagtail.permissions import register_permission_policy

from icrtop.accounts.models import User
from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.permissions import LimitedPolicy
from icrtop.mail.readonly import ReadOnlyViewSet
from members.ballots.counting import Count, with_votes
from members.models.ballots import Ballot, BallotQuerySet

register_permission_policy(Ballot, LimitedPolicy(Ballot, {"view"}), exact_class=True)


class BallotIndexView(generic.IndexView):
    page_title = gettext_lazy("Ballots")
    template_name = "mail/admin/index.html"

    def get_base_queryset(self) -> BallotQuerySet:
        return with_votes(Ballot.objects.all()).order_by(
            Case(When(closed_at=None, then=0), default=1),
            Case(When(closed_at=None, then=F("closes_at"))),
            "-closed_at",
            "pk",
        )

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for an applicant"))

    def search_queryset(self, queryset: BallotQuerySet) -> BallotQuerySet:
        if not self.is_searching:
            return queryset
        return queryset.filter(application__organisation_name__icontains=self.search_query)


def file_url(ballot: Ballot, user: User | AnonymousUser) -> str | None:
    """The file of the application, with its ballots, for those who may see it."""
    if not user.has_perm("members.view_application"):
        return None
    return f"{reverse('applications:inspect', args=[ballot.application_id])}#ballots"


def standing(ballot: Ballot) -> str:
    """Whether it is open, or what came of it."""
    if ballot.closed_at:
        return str(ballot.get_outcome_display())
    return _("Open") if ballot.closes_at > timezone.now() else _("Being counted")


def progress(ballot: Ballot) -> str:
    """How many of its seats have voted."""
    tally = Count.of(ballot).tally
    return _("%(answered)s of %(seats)s") % {"answered": tally.answered, "seats": tally.seats}


class BallotViewSet(ReadOnlyViewSet):
    model = Ballot
    name = "ballots"
    icon = "check"
    menu_label = gettext_lazy("Ballots")
    inspect_view_enabled = False
    index_view_class = BallotIndexView
    search_fields = ["application__organisation_name"]
    list_display: list[Any] = [
        TextColumn(
            "applicant",
            label=gettext_lazy("Applicant"),
            accessor=lambda ballot: ballot.application.organisation_name,
            get_url=file_url,
        ),
        TextColumn("standing", label=gettext_lazy("How it stands"), accessor=standing),
        TextColumn("progress", label=gettext_lazy("Seats that voted"), accessor=progress),
        MomentColumn("closes_at", label=gettext_lazy("Deadline")),
        MomentColumn("closed_at", label=gettext_lazy("Closed")),
        MomentColumn("reminded_at", label=gettext_lazy("Reminded")),
    ]
