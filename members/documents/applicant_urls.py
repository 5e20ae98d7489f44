"""Below the address of an application; included by `members.applying.urls`."""

from django.urls import path

from members.documents import views

urlpatterns = [
    path("documents/", views.documents, name="documents"),
    path("documents/<uuid:key>/", views.download, name="document"),
    path("documents/<uuid:key>/remove/", views.remove_document, name="remove_document"),
]
