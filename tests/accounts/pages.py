"""The site, with pages of an app that needs to know who somebody is."""

from django import forms
from django.http import HttpResponse
from django.template import engines
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import FormView

from icrtop import urls
from icrtop.accounts import identity
from icrtop.forms import PublicForm

handler400 = urls.handler400

SAVED = []
PAGE = engines["django"].from_string(
    '{% include "account/kept_notice.html" %}'
    '<form method="post">{% csrf_token %}{{ form }}</form>'
    '<form method="post" action="/kept/button/">{% csrf_token %}</form>'
)


class TextForm(PublicForm):
    title = forms.CharField(max_length=10)
    text = forms.CharField(widget=forms.Textarea)
    ticked = forms.MultipleChoiceField(
        choices=[("a", "A"), ("b", "B"), ("c", "C")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


@require_http_methods(["GET", "POST"])
@identity.signed_in_required
def edit(request, key=""):
    if request.method == "POST":
        form = TextForm(request.POST, request=request)
        if form.is_valid():
            SAVED.append(form.cleaned_data["text"])
            return HttpResponse("saved")
    else:
        form = TextForm(identity.kept_form(request), request=request)
    return HttpResponse(PAGE.render({"form": form, "request": request}, request))


@require_POST
@identity.signed_in_required
def button(request):
    SAVED.append("pressed")
    return HttpResponse("pressed")


class Edit(identity.SignedInRequiredMixin, FormView):
    form_class = TextForm

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs() | {"request": self.request}
        if kept := identity.kept_form(self.request):
            kwargs["data"] = kept
        return kwargs

    def render_to_response(self, context, **kwargs):
        return HttpResponse(PAGE.render({**context, "request": self.request}, self.request))


@method_decorator(identity.signed_in_required, name="dispatch")
class Decorated(FormView):
    form_class = TextForm


def who(request):
    return HttpResponse(identity.verified_address(request.user) or "nobody")


urlpatterns = [
    path("kept/edit/", edit),
    path("kept/edit/<str:key>/", edit),
    path("kept/button/", button),
    path("kept/class/", Edit.as_view()),
    path("kept/decorated/", Decorated.as_view()),
    path("kept/who/", who),
    *urls.urlpatterns,
]
