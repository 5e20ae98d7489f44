"""What visitors and subscribers fill in. Nothing but an e-mail address is ever required."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from icrtop.forms import PublicForm, no_address
from icrtop.mail.addresses import normalise, validate_deliverable
from icrtop.mail.headers import one_line
from icrtop.ratelimit import allow
from newsletter.choices import Choices
from newsletter.models.lists import MailingList
from newsletter.models.subscribers import Frequency, Subscriber, Subscription, Topic
from newsletter.places import PlacesField
from pages.models.publications import Language


def email_field(**kwargs: Any) -> forms.EmailField:
    return forms.EmailField(
        max_length=254,
        error_messages={"required": _("Enter the e-mail address that we shall write to.")},
        validators=[validate_deliverable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        **kwargs,
    )


class ChoicesForm(PublicForm):
    """Base of the forms by which lists are chosen, and what alerts are about."""

    lists = forms.MultipleChoiceField(
        label=_("What you want to receive"), required=False, widget=forms.CheckboxSelectMultiple
    )
    places = PlacesField(label=_("Alerts about countries and regions"), required=False)
    topics = forms.MultipleChoiceField(
        label=_("Alerts about topics, wherever in the world"),
        required=False,
        choices=Topic.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    frequency = forms.ChoiceField(
        label=_("How often alerts come"),
        required=False,
        choices=Frequency.choices,
        initial=Frequency.WEEKLY,
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        help_text=_("The one that you like best, where there is a choice."),
        required=False,
        choices=Language.choices,
    )
    name = forms.CharField(
        label=_("Your name"),
        required=False,
        max_length=200,
        validators=[no_address],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, offered: Iterable[MailingList], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {each.slug: each for each in offered}
        self.alerts = next((each for each in self.offered.values() if each.sends_alerts), None)
        lists: forms.MultipleChoiceField = self.fields["lists"]  # type: ignore[assignment] # above
        lists.choices = [(slug, self.described(each)) for slug, each in self.offered.items()]
        if self.alerts:
            places: PlacesField = self.fields["places"]  # type: ignore[assignment] # above
            places.load()
        else:
            for field in ("places", "topics", "frequency"):
                del self.fields[field]

    def described(self, mailing_list: MailingList) -> str:
        """What stands beside the box of a list."""
        if not mailing_list.description:
            return mailing_list.name
        return f"{mailing_list.name}: {mailing_list.description}"

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_lists(self) -> list[MailingList]:
        return [self.offered[slug] for slug in self.cleaned_data["lists"]]

    @property
    def follows(self) -> Choices:
        """What alerts are to be about, by the boxes that were ticked."""
        places = self.cleaned_data.get("places", [])
        return Choices(
            countries=frozenset(code for code in places if code.isalpha()),
            regions=frozenset(code for code in places if not code.isalpha()),
            topics=frozenset(self.cleaned_data.get("topics", [])),
        )


class SubscribeForm(ChoicesForm):
    """Asks for public lists. Whoever chooses none gets the first one."""

    # Each submission sends a letter to an address that may be somebody else's.
    address_limit = "3/hour"
    field_order = ["email", "lists", "places", "topics", "frequency", "language", "name"]

    email = email_field(
        label=_("Your e-mail address"),
        help_text=_("We send one letter to it, with a link to confirm that it is yours."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, offered=MailingList.objects.public(), **kwargs)
        self.fields["language"].initial = get_language()
        for first in list(self.offered.values())[:1]:
            self.fields["lists"].help_text = format_lazy(
                _("If you tick none, you get the first: {name}."), name=first.name
            )
        if self.alerts:
            self.fields["places"].help_text = format_lazy(
                _(
                    "Whatever you tick here or below puts you on the list “{name}”. If you tick "
                    "that list alone, you get every change of a country situation."
                ),
                name=self.alerts.name,
            )

    def clean(self) -> dict[str, Any]:
        if not self.offered:
            raise forms.ValidationError(_("There is no list to subscribe to at present."))
        return super().clean()

    @property
    def wanted(self) -> tuple[list[MailingList], Choices]:
        """The lists that a valid form asks for, and what else was chosen."""
        lists, follows = self.cleaned_data["lists"], self.follows
        frequency = self.cleaned_data.get("frequency") or Frequency.WEEKLY
        if self.alerts and follows.follows_something and self.alerts not in lists:
            lists = [*lists, self.alerts]
        lists = lists or list(self.offered.values())[:1]
        if self.alerts not in lists:
            follows, frequency = Choices(), ""
        elif not follows.follows_something:
            follows = Choices(topics=frozenset({Topic.SITUATIONS.value}))
        language, name = self.cleaned_data["language"], self.cleaned_data["name"]
        return lists, replace(follows, frequency=frequency, language=language, name=name)


class PreferencesForm(ChoicesForm):
    """What a subscriber has chosen, to be changed."""

    client_limit = "60/hour"
    field_order = ["lists", "places", "topics", "frequency", "language", "name"]

    def __init__(self, *args: Any, subscriber: Subscriber, **kwargs: Any) -> None:
        self.before = Choices.of(subscriber)
        subscriptions = subscriber.subscriptions.all()
        self.states = {each.mailing_list_id: each.state for each in subscriptions}
        offered = list(subscriber.offered_lists())
        initial = {
            "lists": [each.slug for each in offered if self.is_on(each)],
            "places": [*self.before.countries, *self.before.regions],
            "topics": list(self.before.topics),
            "frequency": self.before.frequency,
            "language": self.before.language,
            "name": self.before.name,
        }
        super().__init__(*args, offered=offered, initial=initial, **kwargs)

    def is_on(self, mailing_list: MailingList) -> bool:
        return self.states.get(mailing_list.pk) == Subscription.State.CONFIRMED

    def described(self, mailing_list: MailingList) -> str:
        label = super().described(mailing_list)
        if self.states.get(mailing_list.pk) == Subscription.State.PENDING:
            return gettext("%s (not yet confirmed)") % label
        return label

    def clean(self) -> dict[str, Any]:
        wants_alerts = self.alerts in self.cleaned_data.get("lists", [])
        if wants_alerts and self.before.follows_something and not self.follows.follows_something:
            self.add_error(
                "places",
                gettext("Tick at least one here or below, or untick “%s” above.") % self.alerts,
            )
        return super().clean()

    @property
    def wanted(self) -> tuple[list[MailingList], Choices]:
        """The lists that the subscriber is to be on, and what else was chosen."""
        lists, follows = self.cleaned_data["lists"], self.follows
        if self.alerts and not self.is_on(self.alerts):
            if follows.adds_to(self.before) and self.alerts not in lists:
                lists = [*lists, self.alerts]
            if self.alerts in lists and not follows.follows_something:
                follows = Choices(topics=frozenset({Topic.SITUATIONS.value}))
        return lists, replace(
            follows if self.alerts else self.before,
            frequency=self.cleaned_data.get("frequency") or self.before.frequency,
            language=self.cleaned_data["language"] or self.before.language,
            name=self.cleaned_data["name"],
        )


class LinkForm(PublicForm):
    """Asks for a letter with a link to the preferences of an address."""

    address_limit = "3/hour"

    email = email_field(label=_("Your e-mail address"))


class OwnLinkForm(PublicForm):
    """A button by which a letter is sent to a subscriber's own address, limited like a form."""

    address_limit = "3/hour"

    def __init__(self, *args: Any, subscriber: Subscriber, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subscriber = subscriber

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["email"] = self.subscriber.email
        return super().clean()


class ExportForm(OwnLinkForm):
    """Asks for a letter with a link to everything that is held."""


class AddressForm(PublicForm):
    """Asks for letters to come to another address."""

    # Each submission sends a letter to an address that may be somebody else's.
    address_limit = "3/hour"
    subscriber_limit = "5/day"

    email = email_field(
        label=_("Your new e-mail address"),
        help_text=_(
            "We send one letter to it. Nothing changes before you have opened the link in it."
        ),
    )

    def __init__(self, *args: Any, subscriber: Subscriber, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subscriber = subscriber

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if normalise(email) == self.subscriber.normalised:
            raise forms.ValidationError(_("This is the address that we write to already."))
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        limit, who = self.subscriber_limit, str(self.subscriber.pk)
        if not self.errors and not allow(limit, "AddressForm:subscriber", who):
            raise forms.ValidationError(
                _("This form has been sent too often today. Please try again tomorrow."),
                code="limited",
            )
        return cleaned
