"""Below /members/, where the directory is."""

from django.urls import path

from members.directory import feeds, views
from pages.urls import serve

app_name = "members"
urlpatterns = [
    path("members.csv", views.as_csv, name="csv"),
    path("members.json", views.as_json, name="json"),
    path("members.atom", serve(feeds.NewMembers), name="feed"),
    path("<slug:slug>/", views.profile, name="profile"),
]
