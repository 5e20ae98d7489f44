from django.urls import path

from icrtop.local import views

app_name = "local"
urlpatterns = [
    path("", views.letter_list, name="letters"),
    path("<slug:name>/", views.letter, name="letter"),
    path("<slug:name>/html/", views.letter_html, name="letter_html"),
    path("<slug:name>.eml", views.letter_source, name="letter_source"),
]
