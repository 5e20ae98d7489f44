"""Sending a bulletin: to whom and when, then a page that says what will happen, then the click."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.widgets import AdminDateTimeInput

from icrtop.mail.admin.wording import moment, numbered
from icrtop.places.models import Country, Region
from newsletter.admin.bulletins import BulletinView
from newsletter.bulletin_checks import external_links, failing_links, problems
from newsletter.bulletin_letters import filled, render_bulletin
from newsletter.models import BulletinPage, MailingList
from newsletter.models.mailings import with_mailings
from newsletter.segments import Reach, Segment, reach
from newsletter.services.mailings import CannotSend, confirm_mailing
from pages.models.publications import Language

LATEST = timedelta(days=366)


class SendForm(forms.Form):
    """To whom, and when."""

    lists = forms.ModelMultipleChoiceField(
        MailingList.objects.for_bulletins(),
        label=gettext_lazy("Lists"),
        help_text=gettext_lazy("Whoever is on several of them gets one letter."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one list.")},
    )
    languages = forms.MultipleChoiceField(
        choices=Language.choices,
        label=gettext_lazy("Only those who read"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    regions = forms.ModelMultipleChoiceField(
        Region.objects.all(),
        label=gettext_lazy("Only those who follow a country in"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    countries = forms.ModelMultipleChoiceField(
        Country.objects.all(),
        label=gettext_lazy("Only those who follow"),
        help_text=gettext_lazy("Whoever follows a region follows the countries in it."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    send_at = forms.DateTimeField(
        label=gettext_lazy("When"),
        help_text=gettext_lazy("Leave empty to send now."),
        required=False,
        widget=AdminDateTimeInput,
    )

    def clean_send_at(self) -> datetime | None:
        when: datetime | None = self.cleaned_data["send_at"]
        now = timezone.now()
        if when and when < now:
            raise ValidationError(_("This moment is over. Leave it empty to send now."))
        if when and when > now + LATEST:
            raise ValidationError(_("Choose a moment within a year."))
        return when

    @property
    def chosen_lists(self) -> list[MailingList]:
        return list(self.cleaned_data["lists"])

    @property
    def segment(self) -> Segment:
        chosen = self.cleaned_data
        return Segment(list(chosen["countries"]), list(chosen["regions"]), chosen["languages"])


class AgreeForm(forms.Form):
    """What staff have seen when they agreed: which version, and how many recipients."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    letters = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def is_close_to(self, letters: int) -> bool:
        """Whether about as many get it as was said: on a long list people come and go all day."""
        agreed = self.cleaned_data["letters"]
        return abs(agreed - letters) <= max(5, agreed // 100)


class SendView(BulletinView):
    """Without an answer in the address, asks to whom; with one, says what will happen.

    The choice stands in the address, so that looking changes nothing and can be done again.
    """

    needs_to_send = True
    template_name = "newsletter/admin/send.html"

    def get_page_title(self) -> str:
        return _("Send")

    @cached_property
    def bulletin(self) -> BulletinPage:
        bulletins = with_mailings(BulletinPage.objects.all())
        bulletin: BulletinPage = get_object_or_404(bulletins, pk=self.kwargs["pk"])
        return bulletin

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.bulletin.live or self.bulletin.is_waiting:
            return self.show(blocked=True)
        if "lists" not in request.GET and "check" not in request.GET:
            return self.show(form=SendForm())
        form = SendForm(request.GET)
        return self.confirm(form) if form.is_valid() else self.show(form=form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form, agreed = SendForm(request.GET), AgreeForm(request.POST)
        if not form.is_valid():
            return self.show(form=form)
        if not agreed.is_valid():
            return self.confirm(form)
        found = reach(self.bulletin, form.chosen_lists, form.segment)
        if not agreed.is_close_to(found.letters):
            return self.confirm(form, changed=_("Meanwhile the number of recipients has changed."))
        if not found.letters:
            return self.confirm(form)
        try:
            confirm_mailing(
                self.bulletin,
                form.chosen_lists,
                form.segment,
                revision=agreed.cleaned_data["revision"],
                by=self.staff,
                send_at=form.cleaned_data["send_at"],
                expected=found.letters,
            )
        except CannotSend as reason:
            messages.error(request, str(reason))
            return redirect(request.get_full_path())
        messages.success(request, self.done(found.letters, form.cleaned_data["send_at"]))
        return redirect(self.desk_url)

    def confirm(self, form: SendForm, changed: str = "") -> HttpResponse:
        """The page that says what will happen."""
        found = reach(self.bulletin, form.chosen_lists, form.segment)
        letter = render_bulletin(self.bulletin, form.chosen_lists[0])
        against = problems(self.bulletin, letter)
        stopped = any(each.is_error for each in against)
        sample = filled(letter)
        self.template_name = "newsletter/admin/send_confirm.html"
        return self.show(
            form=form,
            agree=AgreeForm(
                initial={"revision": self.bulletin.live_revision_id, "letters": found.letters}
            ),
            changed=changed,
            says=self.says(found, form.cleaned_data["send_at"]),
            reach=found,
            segment=form.segment,
            problems=against,
            may_go=found.letters and not stopped,
            sample_html=sample.html,
            sample_text=sample.text,
            label=_("Send now") if form.cleaned_data["send_at"] is None else _("Send then"),
        )

    def says(self, found: Reach, when: datetime | None) -> list[str]:
        """What will happen, in sentences, the most important first."""
        if not found.letters:
            said = [_("Nobody would get this letter: nothing can be sent.")]
        elif when:
            said = [
                ngettext(
                    "%(number)s letter will be sent on %(when)s.",
                    "%(number)s letters will be sent on %(when)s.",
                    found.letters,
                )
                % {"number": intcomma(found.letters), "when": moment(when)},
                _("That is the number at this moment. Whoever joins or leaves until then counts."),
            ]
        else:
            said = [
                numbered(
                    ngettext(
                        "%(number)s letter will be sent now.",
                        "%(number)s letters will be sent now.",
                        found.letters,
                    ),
                    found.letters,
                )
            ]
        if found.suppressed:
            said.append(
                numbered(
                    ngettext(
                        "%(number)s more is on the lists, but must not be written to.",
                        "%(number)s more are on the lists, but must not be written to.",
                        found.suppressed,
                    ),
                    found.suppressed,
                )
            )
        if found.had_it:
            said.append(
                numbered(
                    ngettext(
                        "%(number)s has had this bulletin, and gets it no second time.",
                        "%(number)s have had this bulletin, and get it no second time.",
                        found.had_it,
                    ),
                    found.had_it,
                )
            )
        return said

    def done(self, letters: int, when: datetime | None) -> str:
        if when:
            return _("The bulletin goes out on %(when)s.") % {"when": moment(when)}
        return numbered(
            ngettext(
                "The bulletin is on its way to %(number)s reader.",
                "The bulletin is on its way to %(number)s readers.",
                letters,
            ),
            letters,
        )


class LinksView(BulletinView):
    """Tries the links that lead elsewhere; asked for apart, as that takes as long as they do."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        urls = external_links(self.bulletin)
        return render(
            request,
            "newsletter/admin/links.html",
            {"number": len(urls), "failing": failing_links(urls).items()},
        )
