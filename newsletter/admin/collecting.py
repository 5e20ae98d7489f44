"""Collecting for a bulletin: what is new on the site, to be ticked."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.widgets import AdminDateInput

from icrtop.mail.admin.wording import numbered
from newsletter.admin.bulletins import BulletinView, may_edit
from newsletter.collecting import add_to, last_sent, propose


class SinceForm(forms.Form):
    since = forms.DateField(label=gettext_lazy("New since"), widget=AdminDateInput)


class CollectView(BulletinView):
    template_name = "newsletter/admin/collect.html"

    def get_page_title(self) -> str:
        return _("Collect")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form()
        return self.show(
            form=form,
            groups=propose(self.draft, self.since(form)),
            blocked=self.blocked(),
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if why := self.blocked():
            messages.error(request, why)
            return redirect(self.desk_url)
        chosen = {int(key) for key in request.POST.getlist("pages") if key.isdecimal()}
        added = add_to(self.draft, propose(self.draft, self.since(self.form())), chosen)
        if not added:
            messages.warning(request, _("Nothing was ticked, so nothing was added."))
            return redirect(request.get_full_path())
        self.draft.save_revision(user=self.staff, log_action=True)
        messages.success(
            request,
            numbered(
                ngettext(
                    "%(number)s page was added at the end. Arrange it here.",
                    "%(number)s pages were added at the end. Arrange them here.",
                    added,
                ),
                added,
            ),
        )
        return redirect(reverse("wagtailadmin_pages:edit", args=[self.bulletin.pk]))

    @cached_property
    def last_sent(self) -> datetime:
        return last_sent(self.bulletin)

    def form(self) -> SinceForm:
        if "since" in self.request.GET:
            return SinceForm(self.request.GET)
        return SinceForm(initial={"since": timezone.localdate(self.last_sent)})

    def since(self, form: SinceForm) -> datetime:
        """From when on; since the last bulletin where staff do not say otherwise."""
        if form.is_bound and form.is_valid():
            return timezone.make_aware(datetime.combine(form.cleaned_data["since"], time()))
        return self.last_sent

    def blocked(self) -> str:
        """Why nothing can be added at present; empty if it can."""
        if not may_edit(self.bulletin, self.request.user):
            return _("You may not change this bulletin.")
        if self.bulletin.permissions_for_user(self.request.user).page_locked():
            return _("The bulletin is locked, so nothing can be added to it.")
        return ""
