from django.urls import path, re_path

from members.self_service.views import focal_points, links, organisation, profile

app_name = "organisation"
# A signed token has colons, which no organisation's slug has.
TOKEN = r"(?P<token>[\w-]+:[\w-]+:[\w-]+)/$"  # noqa: S105 # No password.

urlpatterns = [
    re_path(rf"^confirm/{TOKEN}", links.reconfirm, name="reconfirm"),
    re_path(rf"^address/{TOKEN}", links.address, name="address"),
    path("<slug:slug>/", organisation.organisation, name="organisation"),
    path("<slug:slug>/check/", profile.check, name="check"),
    path("<slug:slug>/change/", profile.propose, name="propose"),
    path("<slug:slug>/change/take-back/", profile.take_back, name="take_back"),
    path("<slug:slug>/listing/", profile.listing, name="listing"),
    path("<slug:slug>/confirm/", organisation.confirm, name="confirm"),
    path("<slug:slug>/resign/", organisation.resign, name="resign"),
    path("<slug:slug>/focal-points/add/", focal_points.add, name="add_focal_point"),
    path("<slug:slug>/focal-points/you/", focal_points.correct, name="correct_focal_point"),
    path(
        "<slug:slug>/focal-points/<int:pk>/remove/", focal_points.remove, name="remove_focal_point"
    ),
]
