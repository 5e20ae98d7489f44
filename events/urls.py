"""Below /events/, where the index of events is. What is not found here is a page's address."""

from django.urls import URLPattern, URLResolver

app_name = "events"
urlpatterns: list[URLPattern | URLResolver] = []
