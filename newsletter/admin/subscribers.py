"""The listserv's subscribers in the admin: the list of them, and a page for each."""

from typing import Any
from urllib.parse import urlencode

import django_filters
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import JSONArray
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.ui.tables import Table, TitleColumn
from wagtail.admin.widgets.button import HeaderButton

from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.models import Delivery, Suppression
from icrtop.mail.readonly import ReadOnlyInspectView, ReadOnlyViewSet
from icrtop.places.models import Country, Region
from icrtop.spreadsheets import ExportingIndexView
from newsletter.admin.managing import ACTIONS
from newsletter.choices import whole
from newsletter.models import Frequency, MailingList, Subscriber, Subscription, Topic

SUPPRESSED = "suppressed"
# On a subscriber's page: what is longer ago is in the outbox, or in the export of their data.
LATEST_LETTERS = 10
LATEST_ENTRIES = 100


def suppressions_of(subscribers: list[Subscriber]) -> dict[str, Suppression]:
    """Those of these subscribers who are not written to, by the address for comparison."""
    addresses = [each.normalised for each in subscribers]
    return {each.normalised: each for each in Suppression.objects.filter(normalised__in=addresses)}


class SubscriberFilterSet(WagtailFilterSet):
    mailing_list = django_filters.ModelChoiceFilter(
        queryset=MailingList.objects.all(), label=_("List"), method="filter_subscriptions"
    )
    state = django_filters.ChoiceFilter(
        choices=[*Subscription.State.choices, (SUPPRESSED, _("address suppressed"))],
        label=_("State"),
        method="filter_subscriptions",
    )
    country = django_filters.ModelChoiceFilter(
        queryset=Country.objects.all(), label=_("Country followed"), method="filter_country"
    )
    region = django_filters.ModelChoiceFilter(
        queryset=Region.objects.all(), label=_("Region followed"), method="filter_region"
    )
    frequency = django_filters.ChoiceFilter(choices=Frequency, label=_("How often alerts come"))

    class Meta:
        model = Subscriber
        fields = ["mailing_list", "state", "language", "country", "region", "frequency"]

    def filter_subscriptions(
        self, subscribers: QuerySet[Subscriber], name: str, value: Any
    ) -> QuerySet[Subscriber]:
        """Both filters are about one subscription: confirmed on this list, not on another."""
        chosen = {
            field: self.form.cleaned_data[field]
            for field in ("mailing_list", "state")
            if self.form.cleaned_data.get(field)
        }
        if name == "state" and len(chosen) > 1:
            return subscribers  # The other one has seen to it.
        if chosen.get("state") == SUPPRESSED:
            del chosen["state"]
            held = Suppression.objects.filter(normalised=OuterRef("normalised"))
            subscribers = subscribers.filter(Exists(held))
        if not chosen:
            return subscribers
        matching = Subscription.objects.filter(subscriber=OuterRef("pk"), **chosen)
        return subscribers.filter(Exists(matching))

    def filter_country(
        self, subscribers: QuerySet[Subscriber], name: str, country: Country
    ) -> QuerySet[Subscriber]:
        """Those who follow it, by itself or in a region that it lies in."""
        following = Subscriber.objects.following(Country.objects.filter(pk=country.pk))
        return subscribers.filter(pk__in=following.order_by().values("pk"))

    def filter_region(
        self, subscribers: QuerySet[Subscriber], name: str, region: Region
    ) -> QuerySet[Subscriber]:
        through = Subscriber.regions.through.objects.filter(region=region)
        return subscribers.filter(pk__in=through.values("subscriber"))


class ListsColumn(TextColumn):
    """The lists of a subscriber, and whether anything reaches them at all."""

    cell_template_name = "newsletter/admin/lists_cell.html"


class SubscriberIndexView(ExportingIndexView):
    def get_base_queryset(self) -> QuerySet[Subscriber]:
        lists = Subscription.objects.select_related("mailing_list")
        return Subscriber.objects.prefetch_related(Prefetch("subscriptions", lists))

    def get_export_queryset(self) -> QuerySet[Any]:
        # Values, and no objects: they may be hundreds of thousands.
        held = Suppression.objects.filter(normalised=OuterRef("normalised"))
        lists = Subscription.objects.filter(subscriber=OuterRef("pk"))
        return (
            self.get_queryset()
            .prefetch_related(None)
            .annotate(
                suppressed=Subquery(held.values("reason")[:1]),
                lists=ArraySubquery(lists.values(pair=JSONArray("mailing_list", "state"))),
            )
            .values(*self.list_export)
        )

    def to_row_dict(self, item: dict[str, Any]) -> dict[str, Any]:
        lists = (f"{self.names[key]} ({self.states[state]})" for key, state in item["lists"])
        suppressed = self.reasons.get(item["suppressed"], "")
        return {**item, "lists": ", ".join(lists), "suppressed": suppressed}

    @cached_property
    def names(self) -> dict[int, str]:
        return dict(MailingList.objects.values_list("pk", "name"))

    @cached_property
    def states(self) -> dict[str, str]:
        return {value: str(label) for value, label in Subscription.State.choices}

    @cached_property
    def reasons(self) -> dict[str, str]:
        return {value: str(label) for value, label in Suppression.Reason.choices}

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for an address or a name"))

    def search_queryset(self, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        # A form of Django's refuses the NUL that no column can hold.
        return queryset.searched(self.search_query) if self.is_searching else queryset  # type: ignore[attr-defined] # ours

    def get_table(self, object_list: Any) -> Table:
        rows = list(object_list)
        suppressions = suppressions_of(rows)
        for each in rows:
            each.suppression = suppressions.get(each.normalised)
        return super().get_table(rows)

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.user_has_permission("manage"):
            return []
        url = reverse("imports:add")
        return [HeaderButton(_("Import a file"), url=url, icon_name="upload")]


class SubscriberInspectView(ReadOnlyInspectView):
    page_title = _("Subscriber")

    def get_object(self, queryset: Any = None) -> Subscriber:
        lists = Subscription.objects.select_related("mailing_list")
        subscribers = Subscriber.objects.prefetch_related(Prefetch("subscriptions", lists))
        followed = subscribers.annotate(
            country_names=_names(Subscriber.countries.through, "country"),
            region_names=_names(Subscriber.regions.through, "region"),
        )
        subscriber: Subscriber = get_object_or_404(followed, pk=self.pk)
        return subscriber

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subscriber, user = self.object, self.request.user
        history = subscriber.history.select_related("mailing_list", "by")
        letters = None
        if user.has_perm("mail.view_delivery"):
            sent = Delivery.objects.filter(normalised=subscriber.normalised)
            # In the order of the index that begins with the address.
            letters = sent.select_related("message").order_by("-message")[:LATEST_LETTERS]
        return super().get_context_data(
            subscriptions=subscriber.subscriptions.all(),
            consents=subscriber.consents.prefetch_related("mailing_lists"),
            history=history[:LATEST_ENTRIES],
            letters=letters,
            letters_url=f"{reverse('outbox:index')}?{urlencode({'q': subscriber.normalised})}",
            suppression=suppressions_of([subscriber]).get(subscriber.normalised),
            choices=_choices(subscriber),
            actions=[
                (action, reverse(f"subscribers:{action.name}", args=[subscriber.pk]))
                for action in ACTIONS.values()
                if action.applies(subscriber)
            ]
            if self.user_has_permission("manage")
            else [],
            **kwargs,
        )


def _names(through: Any, field: str) -> ArraySubquery:
    """The names of what each subscriber follows, by a table that joins both."""
    rows = through.objects.filter(subscriber=OuterRef("pk")).order_by(f"{field}__name")
    return ArraySubquery(rows.values(f"{field}__name"))


def _choices(subscriber: Any) -> list[tuple[Any, list[Any]]]:
    """Each thing that they chose beside the lists, with its label."""
    topics = [label for topic, label in Topic.choices if topic in subscriber.topics]
    followed = [
        *map(whole, subscriber.region_names),
        *subscriber.country_names,
        *topics,
    ]
    return [
        (_("Name"), [subscriber.name or _("None")]),
        (_("Language"), [subscriber.get_language_display()]),
        (_("Alerts about"), followed or [_("Nothing")]),
        (_("How often alerts come"), [subscriber.get_frequency_display()]),
    ]


class SubscriberViewSet(ReadOnlyViewSet):
    model = Subscriber
    name = "subscribers"
    icon = "user"
    menu_label = _("Subscribers")
    index_template_name = "newsletter/admin/index.html"
    inspect_template_name = "newsletter/admin/subscriber_inspect.html"
    index_view_class = SubscriberIndexView
    inspect_view_class = SubscriberInspectView
    filterset_class = SubscriberFilterSet
    search_fields = ["normalised", "email", "name"]
    list_display = [
        TitleColumn(
            "email",
            label=_("E-mail address"),
            sort_key="normalised",
            url_name="subscribers:inspect",
            classname="outbox-address",
        ),
        TextColumn("name", label=_("Name")),
        ListsColumn("subscriptions", label=_("Lists"), accessor=lambda each: each),
        TextColumn("get_language_display", label=_("Language")),
        MomentColumn("created", label=_("First asked"), sort_key="created"),
    ]
    list_export = ["email", "name", "language", "lists", "suppressed", "created"]
    export_headings = {"lists": _("Lists"), "suppressed": _("Suppressed")}
    export_filename = "subscribers"
    inspect_view_fields = ["email", "created"]

    def get_urlpatterns(self) -> list[URLPattern]:
        pages = [
            path(f"<int:pk>/{action.name}/", self.construct_view(action.view), name=action.name)
            for action in ACTIONS.values()
        ]
        return [*super().get_urlpatterns(), *pages]
