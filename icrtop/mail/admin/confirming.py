"""The pages that say what will happen to letters before it happens."""

from typing import Any

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log

from icrtop.mail import control
from icrtop.mail.admin.actions import ACTIONS, Action, log_name
from icrtop.mail.admin.counting import forget
from icrtop.mail.admin.held import count_letters, reasons_of, resumable
from icrtop.mail.admin.standing import in_words, with_standing
from icrtop.mail.admin.wording import numbered
from icrtop.mail.models import Message
from icrtop.mail.progress import progress

# Each is a transaction of its own, and somebody waits for the answer.
MOST_AT_ONCE = 500


class NoLongerApplies(Exception):
    """There is nothing of the kind left to do: somebody else, or the same click twice, did it."""


class NumberChanged(Exception):
    """An action is about another number of letters than somebody has agreed to."""


class ConfirmForm(forms.Form):
    """Agrees to what the page said, which named so many letters."""

    letters = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    messages = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=1)
    why = forms.CharField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("For your colleagues. Recipients do not see it."),
        required=False,
        max_length=500,
    )


class ControlView(WagtailAdminTemplateMixin, FormView):
    """Base of the pages that only those see who may control messages."""

    form_class = ConfirmForm
    template_name = "mail/admin/confirm.html"
    model: type[Message]
    index_url_name = ""
    inspect_url_name = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("mail.control_message"):
            # Wagtail would lead to its first page, with an answer that looks like success.
            return TemplateResponse(request, "mail/admin/forbidden.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    def form_invalid(self, form: ConfirmForm) -> HttpResponse:
        # What the page itself had put there was changed: begin anew.
        return self.get(self.request)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.index_url_name), "label": _("Messages")},
        ]


class ActionView(ControlView):
    """Confirms one action on one message."""

    @cached_property
    def action(self) -> Action:
        try:
            return ACTIONS[self.kwargs["action"]]
        except KeyError:
            raise Http404 from None

    @cached_property
    def object(self) -> Message:
        rows = with_standing(Message.objects.defer("html", "text", "attachments"))
        message: Message = get_object_or_404(rows, pk=self.kwargs["pk"])
        return message

    @property
    def back_url(self) -> str:
        return reverse(self.inspect_url_name, args=[self.kwargs["pk"]])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = progress(self.object)
        if not self.action.applies(self.object, now):
            return self.refuse()
        form = self.form_class(initial={"letters": self.action.count(self.object, now)})
        return self.render_to_response(self.get_context_data(form=form, progress=now))

    def form_invalid(self, form: ConfirmForm) -> HttpResponse:
        if "why" not in form.errors:
            return super().form_invalid(form)
        return self.render_to_response(
            self.get_context_data(form=form, progress=progress(self.object))
        )

    def form_valid(self, form: ConfirmForm) -> HttpResponse:
        try:
            letters = self.act(form.cleaned_data["letters"], form.cleaned_data["why"])
        except NoLongerApplies:
            return self.refuse()
        except NumberChanged:
            return self.ask_again(form)
        forget(self.object)
        messages.success(self.request, self.action.done(letters))
        return redirect(self.back_url)

    @transaction.atomic
    def act(self, agreed: int, why: str) -> int:
        """Do it, and log it; return how many letters it was about.

        Raises NoLongerApplies, or NumberChanged where that is not the number agreed to: then
        nothing is done.
        """
        action = self.action
        # Whoever clicks at the same time waits here, and then finds it done.
        Message.objects.select_for_update().filter(pk=self.kwargs["pk"]).first()
        now = progress(self.object)
        if not action.applies(self.object, now):
            raise NoLongerApplies
        letters = action.count(self.object, now)
        if action.exact and letters != agreed:
            raise NumberChanged
        result = action.do(self.object, why)
        if not isinstance(result, bool):
            letters = result
        if action.exact and letters != agreed:  # Workers have moved letters between the two.
            raise NumberChanged
        log(self.object, log_name(action), data={"letters": letters, "why": why})
        return letters

    def ask_again(self, form: ConfirmForm) -> HttpResponse:
        """Show the page anew, with the number as it is now."""
        now = progress(self.object)
        letters = self.action.count(self.object, now)
        changed = _(
            "Since you opened the page, the number has changed from %(before)s to %(now)s. Nothing "
            "was done."
        ) % {"before": intcomma(form.cleaned_data["letters"]), "now": intcomma(letters)}
        again = self.form_class(initial={**form.cleaned_data, "letters": letters})
        return self.render_to_response(
            self.get_context_data(form=again, progress=now, changed=changed)
        )

    def refuse(self) -> HttpResponse:
        messages.warning(
            self.request,
            _("Nothing was done: “%(action)s” no longer applies. How it stands: %(standing)s")
            % {"action": self.action.label, "standing": in_words(self.object)},
        )
        return redirect(self.back_url)

    def get_page_title(self) -> str:
        return str(self.action.label)

    def get_page_subtitle(self) -> str:
        return self.object.subject

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": self.back_url, "label": self.object.subject},
            {"url": "", "label": str(self.action.label)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            object=self.object,
            label=self.action.label,
            serious=self.action.serious,
            asks_why=self.action.asks_why,
            says=self.action.says(self.object, kwargs["progress"]),
            back_url=self.back_url,
            **kwargs,
        )


class ResumeAllView(ControlView):
    """Confirms that all go on which are paused, but not by a person, and did not miss their time.

    After one mistake, such as a wrong password for the mail server, these may be many.
    """

    @property
    def back_url(self) -> str:
        return reverse(self.index_url_name)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (keys := self.find()):
            return self.refuse()
        return self.show(keys, count_letters(keys))

    def find(self) -> list[int]:
        return list(resumable().order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])

    def show(self, keys: list[int], letters: int, **context: Any) -> HttpResponse:
        form = self.form_class(initial={"letters": letters, "messages": len(keys)})
        return self.render_to_response(
            self.get_context_data(form=form, keys=keys, letters=letters, **context)
        )

    def form_valid(self, form: ConfirmForm) -> HttpResponse:
        if not (keys := self.find()):
            return self.refuse()
        letters = count_letters(keys)
        agreed = form.cleaned_data
        if (len(keys), letters) != (agreed["messages"], agreed["letters"]):
            changed = _("This has changed since you opened the page. Nothing was done.")
            return self.show(keys, letters, changed=changed)
        resumed = 0
        for message in (
            Message.objects.defer("html", "text", "attachments").filter(pk__in=keys).order_by("pk")
        ):
            with transaction.atomic():
                if number := control.resume(message):
                    log(message, log_name(ACTIONS["resume"]), data={"letters": number})
            forget(message)
            resumed += number
        messages.success(
            self.request,
            numbered(
                ngettext(
                    "%(number)s letter will now be sent.",
                    "%(number)s letters will now be sent.",
                    resumed,
                ),
                resumed,
            ),
        )
        return redirect(self.back_url)

    def refuse(self) -> HttpResponse:
        messages.warning(self.request, _("Nothing was done: no message waits to be resumed."))
        return redirect(self.back_url)

    def get_page_title(self) -> str:
        return _("Resume all")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys, letters = kwargs.pop("keys"), kwargs.pop("letters")
        says = [
            numbered(
                ngettext(
                    "%(number)s letter will be sent when you resume.",
                    "%(number)s letters will be sent when you resume.",
                    letters,
                ),
                letters,
            ),
            numbered(
                ngettext(
                    "They belong to %(number)s message that was paused by itself.",
                    "They belong to %(number)s messages that were paused by themselves.",
                    len(keys),
                ),
                len(keys),
            ),
            _(
                "Messages that a person has paused, and those that missed their time, are not "
                "among them: resume each of these on its own page."
            ),
        ]
        if len(keys) == MOST_AT_ONCE:
            says.append(_("There may be more: these are as many as go at once."))
        return super().get_context_data(
            label=_("Resume all"),
            says=says,
            reasons=reasons_of(keys),
            back_url=self.back_url,
            **kwargs,
        )
