from django.urls import include, path

from members.applying.views import filling, leaving, listing, people, sending

app_name = "apply"
urlpatterns = [
    path("", listing.index, name="index"),
    path("begin/", listing.begin, name="begin"),
    path("<slug:reference>/", filling.application, name="application"),
    path("<slug:reference>/check/", sending.check, name="check"),
    path("<slug:reference>/send/", sending.send, name="send"),
    path("<slug:reference>/withdraw/", leaving.withdraw, name="withdraw"),
    path("<slug:reference>/delete/", leaving.delete, name="delete"),
    path("<slug:reference>/people/", people.people, name="people"),
    path("<slug:reference>/people/<int:pk>/remove/", people.remove, name="remove_person"),
    path("<slug:reference>/", include("members.documents.applicant_urls")),
    path("<slug:reference>/<slug:key>/", filling.section, name="section"),
]
