"""Deleting junk, which leaves nothing behind; all else is closed, and anonymised in time."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.views import generic

from members.models import Application
from members.states import State

# Before anybody has dealt with it, or once somebody has closed it.
DELETABLE = (State.SUBMITTED, State.CLOSED)


def is_deletable(application: Application) -> bool:
    """Whether it can be junk: no ballot was held on it, and no member has come of it."""
    return (
        application.state in DELETABLE
        and application.organisation_id is None
        and not application.ballots.exists()
    )


class ApplicationDeleteView(generic.DeleteView):
    """Wagtail's page, with a warning; Wagtail's log keeps who deleted what."""

    inspect_url_name = "applications:inspect"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.user_has_permission("delete") and not is_deletable(self.object):
            return self._refuse(request)
        return super().dispatch(request, *args, **kwargs)

    def _refuse(self, request: HttpRequest) -> HttpResponse:
        text = _(
            "Nothing was deleted: this is no junk. Only applications that nobody has dealt with, "
            "or that were closed, and on which no ballot was held, can be deleted."
        )
        messages.error(request, text)
        return redirect("applications:index")
