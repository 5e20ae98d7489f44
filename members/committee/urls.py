from django.urls import path

from members.committee import views

app_name = "committee"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:reference>/", views.ballot, name="ballot"),
]
