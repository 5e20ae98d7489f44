"""The queue of applications in the admin: the list, one application's file, and its moves."""

from typing import Any, cast

import django_filters
from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.permission_policies import ModelPermissionPolicy

from icrtop.accounts.models import User
from icrtop.places.models import Country, Region
from members.models import Application, ApplicationQuerySet
from members.services import SERVICES, ChangedMeanwhile, MoveNotAllowed, letter_of, subject_of
from members.staff_forms import MoveForm
from members.states import MOVES, Move, State, moves_from


class ApplicationPolicy(ModelPermissionPolicy):
    """Applications come in by the public form alone; staff move them on, and delete junk."""

    def user_has_permission(self, user: AbstractBaseUser | AnonymousUser, action: str) -> bool:
        return action != "add" and super().user_has_permission(user, action)


class ApplicationFilterSet(WagtailFilterSet):
    waiting = django_filters.BooleanFilter(
        method="filter_waiting",
        label=gettext_lazy("Waits for us"),
    )
    state = django_filters.MultipleChoiceFilter(
        choices=State.choices, label=gettext_lazy("State"), widget=forms.CheckboxSelectMultiple
    )
    region = django_filters.ModelChoiceFilter(
        queryset=Region.objects.top_level(),
        method="filter_region",
        label=gettext_lazy("Region"),
    )
    country = django_filters.ModelChoiceFilter(
        queryset=lambda request: Country.objects.filter(applications__isnull=False).distinct(),
        label=gettext_lazy("Country"),
    )

    class Meta:
        model = Application
        fields = ["waiting", "state", "category", "region", "country"]

    def filter_waiting(
        self, queryset: ApplicationQuerySet, name: str, value: bool
    ) -> QuerySet[Application]:
        return queryset.waiting() if value else queryset.exclude(pk__in=queryset.waiting())

    def filter_region(
        self, queryset: ApplicationQuerySet, name: str, value: Region
    ) -> QuerySet[Application]:
        return queryset.filter(country__in=Country.objects.in_region(value.code))


class ApplicationIndexView(generic.IndexView):
    def get_base_queryset(self) -> ApplicationQuerySet:
        return Application.objects.queue().defer("why")


class ApplicationInspectView(generic.InspectView):
    page_title = gettext_lazy("Application")
    move_url_name = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        allowed = [
            (move, reverse(self.move_url_name, args=[self.object.pk, move.name]))
            for move in moves_from(self.object.state)
            if self.request.user.has_perm(move.permission)
        ]
        return super().get_context_data(
            moves=allowed,
            endorsements=self.object.endorsements.all(),
            trail=self.object.trail,
            may_see_letters=self.request.user.has_perm("mail.view_delivery"),
            **kwargs,
        )


class MoveView(PermissionCheckedMixin, WagtailAdminTemplateMixin, FormView):
    """Says what a move will do, letter included, and makes it once that is confirmed."""

    model = Application
    any_permission_required = ("view", "change")
    form_class = MoveForm
    template_name = "members/admin/move.html"
    index_url_name = ""
    inspect_url_name = ""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = get_object_or_404(Application, pk=kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.move.permission):
            raise PermissionDenied
        if self.object.state not in self.move.sources:
            return self.refuse()
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def move(self) -> Move:
        try:
            return MOVES[self.kwargs["move"]]
        except KeyError:
            raise Http404 from None

    @property
    def file_url(self) -> str:
        return reverse(self.inspect_url_name, args=[self.object.pk])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "move": self.move}

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.object.version}

    def form_valid(self, form: MoveForm) -> HttpResponse:
        answer = form.cleaned_data
        by = cast(User, self.request.user)  # The admin lets nobody else in.
        try:
            SERVICES[self.move.name](self.object, by, answer["version"], answer["note"])
        except (ChangedMeanwhile, MoveNotAllowed):
            return self.ask_again(form)
        messages.success(self.request, self.message(_("%(application)s: %(state)s.")))
        return redirect(self.file_url)

    def ask_again(self, form: MoveForm) -> HttpResponse:
        """Tell that somebody else came first; the note is kept."""
        self.object.refresh_from_db()
        if self.object.state not in self.move.sources:
            return self.refuse()
        data = {"version": self.object.version, "note": form.cleaned_data["note"]}
        again = self.form_class(data, move=self.move)
        again.add_error(
            None,
            _(
                "The application has changed since you opened this page. Nothing was done. Look at "
                "it again before you go on."
            ),
        )
        return self.render_to_response(self.get_context_data(form=again))

    def refuse(self) -> HttpResponse:
        messages.error(
            self.request,
            self.message(
                _("Nothing was done: %(application)s has moved already and is now “%(state)s”.")
            ),
        )
        return redirect(self.file_url)

    def message(self, text: str) -> str:
        self.object.refresh_from_db()
        return text % {
            "application": self.object.organisation_name,
            "state": self.object.get_state_display(),
        }

    def get_page_title(self) -> str:
        return str(self.move.label)

    def get_page_subtitle(self) -> str:
        return self.object.organisation_name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.index_url_name), "label": _("Applications")},
            {"url": self.file_url, "label": self.object.organisation_name},
            {"url": "", "label": str(self.move.label)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context.update(object=self.object, move=self.move, file_url=self.file_url)
        if self.move.letter:
            context["subject"] = subject_of(self.object, self.move.subject)
            context["letter"] = letter_of(self.object, self.move)
        return context
