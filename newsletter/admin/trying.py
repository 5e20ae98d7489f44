"""Sending a bulletin to colleagues first: as readers will get it, from what was saved last."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from icrtop.mail.addresses import InvalidAddress, normalise
from icrtop.mail.headers import InvalidMessage
from newsletter.admin.bulletins import BulletinView
from newsletter.bulletin_checks import problems
from newsletter.bulletin_letters import render_bulletin
from newsletter.models import MailingList
from newsletter.services.trials import send_trial

MOST = 20


class AddressesField(forms.CharField):
    """Several e-mail addresses, parted by lines, commas or spaces; each is there once."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> list[str]:
        words = super().clean(value).replace(",", " ").replace(";", " ").split()
        addresses: dict[str, str] = {}
        wrong = []
        for word in words:
            try:
                addresses.setdefault(normalise(word), word)
            except InvalidAddress:
                wrong.append(word)
        if wrong:
            raise ValidationError(
                ngettext(
                    "This is no e-mail address: %(wrong)s.",
                    "These are no e-mail addresses: %(wrong)s.",
                    len(wrong),
                )
                % {"wrong": ", ".join(wrong)}
            )
        if len(addresses) > MOST:
            raise ValidationError(
                _("That is more than %(most)d addresses. Send to a list instead.") % {"most": MOST}
            )
        return list(addresses.values())


class TryForm(forms.Form):
    addresses = AddressesField(
        label=gettext_lazy("To"),
        help_text=gettext_lazy("One or more e-mail addresses, each on a line of its own."),
        error_messages={"required": gettext_lazy("Enter at least one address.")},
    )
    mailing_list = forms.ModelChoiceField(
        MailingList.objects.for_bulletins(),
        label=gettext_lazy("As readers get it who are on"),
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose a list.")},
    )


class TryView(BulletinView):
    template_name = "newsletter/admin/try.html"

    def get_page_title(self) -> str:
        return _("Send a test")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.ask(TryForm(initial={"addresses": self.staff.email}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = TryForm(request.POST)
        if not form.is_valid():
            return self.ask(form)
        addresses = form.cleaned_data["addresses"]
        try:
            send_trial(self.draft, form.cleaned_data["mailing_list"], addresses)
        except InvalidMessage as error:
            form.add_error(None, str(error))
            return self.ask(form)
        messages.success(
            request,
            _("The test is on its way to %(addresses)s.") % {"addresses": ", ".join(addresses)},
        )
        return redirect(self.desk_url)

    def ask(self, form: TryForm) -> HttpResponse:
        against = []
        if mailing_list := MailingList.objects.for_bulletins().first():
            against = problems(self.draft, render_bulletin(self.draft, mailing_list))
        return self.show(form=form, draft=self.draft, problems=against)
