"""What staff can do with one subscriber, each behind a page that says what it will do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from icrtop.accounts.models import User
from icrtop.mail.models import Suppression
from newsletter.models import MailingList, Subscriber, Subscription
from newsletter.services import erasing, managing, preferences
from newsletter.services.leaving import unsubscribe

MANAGE = "newsletter.manage_subscriber"


class ManagingView(WagtailAdminTemplateMixin, FormView):
    """Base of the pages that only those see who have a permission; they ask before they act."""

    permission = MANAGE
    template_name = "newsletter/admin/confirm.html"
    form_class: type[forms.Form] = forms.Form
    label: str | Promise = ""
    serious = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            # Wagtail would lead to its first page, with an answer that looks like success.
            return TemplateResponse(request, "newsletter/admin/forbidden.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    @property
    def staff(self) -> User:
        """Who is at it: the admin lets in nobody who is not logged in."""
        return cast(User, self.request.user)

    @property
    def back_url(self) -> str:
        raise NotImplementedError

    def says(self) -> list[str]:
        """What the action will do, in sentences."""
        return []

    def warnings(self) -> list[str]:
        """What staff should know before they go on."""
        return []

    def get_page_title(self) -> str:
        return str(self.label)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        own = {
            "label": self.label,
            "serious": self.serious,
            "says": self.says(),
            "warnings": self.warnings(),
            "back_url": self.back_url,
        }
        return {**own, **context}


class SubscriberView(ManagingView):
    """Base of the pages about one subscriber."""

    header_icon = "user"

    @cached_property
    def object(self) -> Subscriber:
        subscriber: Subscriber = get_object_or_404(Subscriber, pk=self.kwargs["pk"])
        return subscriber

    @property
    def back_url(self) -> str:
        return reverse("subscribers:inspect", args=[self.object.pk])

    def get_page_subtitle(self) -> str:
        return self.object.email

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("subscribers:index"), "label": _("Subscribers")},
            {"url": self.back_url, "label": self.object.email},
            {"url": "", "label": self.get_page_title()},
        ]

    @cached_property
    def suppression(self) -> Suppression | None:
        return Suppression.objects.filter(normalised=self.object.normalised).first()

    def warnings(self) -> list[str]:
        if not self.suppression:
            return []
        reason = self.suppression.get_reason_display()
        return [_("Nothing is sent to this address: %(reason)s.") % {"reason": reason}]

    def tell(self, text: str, *, done: bool = True) -> HttpResponse:
        (messages.success if done else messages.warning)(self.request, text)
        return redirect(self.back_url)


class ListsForm(forms.Form):
    """Some of the lists that it is about."""

    lists = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Lists"),
        queryset=MailingList.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one list.")},
    )

    def __init__(self, *args: Any, lists: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lists"].queryset = lists  # type: ignore[attr-defined] # of this field


class PutOnForm(ListsForm):
    source = forms.CharField(
        label=gettext_lazy("How do we know that they want it"),
        help_text=gettext_lazy(
            "Where and when they agreed, such as “asked for it by e-mail on 5 May 2026”. It is "
            "kept as their consent, and shown to them when they ask what we know of them."
        ),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Without their consent nobody may be put on a list.")
        },
    )


class PutOnView(SubscriberView):
    label = gettext_lazy("Put on a list")
    form_class = PutOnForm

    def get_form_kwargs(self) -> dict[str, Any]:
        there = self.object.subscriptions.confirmed().values("mailing_list")
        lists = MailingList.objects.exclude(pk__in=there)
        return {**super().get_form_kwargs(), "lists": lists}

    def says(self) -> list[str]:
        return [_("They get the letters of the list at once, without being asked to confirm.")]

    def warnings(self) -> list[str]:
        left = self.object.subscriptions.filter(state=Subscription.State.UNSUBSCRIBED)
        names = ", ".join(str(each.mailing_list) for each in left.select_related("mailing_list"))
        if not names:
            return super().warnings()
        text = _("They have left: %(lists)s. Put them there again only if they asked for it.")
        return [*super().warnings(), text % {"lists": names}]

    def form_valid(self, form: forms.Form) -> HttpResponse:
        lists, source = form.cleaned_data["lists"], form.cleaned_data["source"]
        joined = managing.put_on_lists(self.object, lists, source=source, by=self.staff)
        if not joined:
            return self.tell(_("Nothing was done: they are on these lists already."), done=False)
        names = ", ".join(map(str, joined))
        return self.tell(_("They are now on: %(lists)s.") % {"lists": names})


class TakeOffView(SubscriberView):
    label = gettext_lazy("Take off a list")
    form_class = ListsForm

    def get_form_kwargs(self) -> dict[str, Any]:
        there = self.object.subscriptions.ongoing().values("mailing_list")
        lists = MailingList.objects.filter(pk__in=there)
        return {**super().get_form_kwargs(), "lists": lists}

    def says(self) -> list[str]:
        return [
            _("They get no more letters of the list, nor those that wait to be sent."),
            _("They are not told. A later import does not put them on it again."),
        ]

    def warnings(self) -> list[str]:
        return []

    def form_valid(self, form: forms.Form) -> HttpResponse:
        left = [
            each
            for each in form.cleaned_data["lists"]
            if unsubscribe(self.object, each, how=managing.BY_STAFF, by=self.staff)
        ]
        if not left:
            return self.tell(_("Nothing was done: they have left these lists already."), done=False)
        names = ", ".join(map(str, left))
        return self.tell(_("They are no longer on: %(lists)s.") % {"lists": names})


class SendLinkView(SubscriberView):
    label = gettext_lazy("Send a link to their preferences")

    def says(self) -> list[str]:
        return [
            _("A letter goes to %(address)s, with a link to the page of their preferences.")
            % {"address": self.object.email},
            _(
                "There they can change what they get, leave, see everything that we know of them, "
                "or have it erased."
            ),
        ]

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if self.suppression:
            return self.tell(_("Nothing was sent: the address is suppressed."), done=False)
        if preferences.send_link(self.object, how=managing.BY_STAFF, by=self.staff):
            return self.tell(_("The letter is on its way."))
        return self.tell(
            _("Nothing was sent: the address has had as many such letters today as it may get."),
            done=False,
        )


class EraseView(SubscriberView):
    label = gettext_lazy("Erase")
    serious = True

    def says(self) -> list[str]:
        return [
            _("Everything that is held about %(address)s is deleted. This cannot be undone.")
            % {"address": self.object.email},
            _("Do this when the owner of the address asks for it."),
            _(
                "What stays is a keyed hash, by which the address is not imported again, and what "
                "happened to their subscriptions, without a name."
            ),
        ]

    def warnings(self) -> list[str]:
        return []

    def form_valid(self, form: forms.Form) -> HttpResponse:
        erasing.erase(self.object, how=managing.BY_STAFF, by=self.staff)
        messages.success(self.request, _("Everything about this address is erased."))
        return redirect("subscribers:index")


@dataclass(frozen=True)
class Action:
    """Something to do with a subscriber; `name` is part of its address."""

    name: str
    view: type[SubscriberView]
    applies: Callable[[Subscriber], bool] = lambda subscriber: True

    @property
    def label(self) -> str | Promise:
        return self.view.label

    @property
    def serious(self) -> bool:
        return self.view.serious


ACTIONS = {
    action.name: action
    for action in (
        Action("put-on", PutOnView),
        Action(
            "take-off",
            TakeOffView,
            applies=lambda subscriber: any(
                each.state != Subscription.State.UNSUBSCRIBED
                for each in subscriber.subscriptions.all()
            ),
        ),
        Action("send-link", SendLinkView),
        Action("erase", EraseView),
    )
}
