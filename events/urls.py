"""Below /events/, where the index of events is. What is not found here is a page's address."""

from django.urls import path, re_path

from events import feeds, month_views
from events.calendars import views as calendars
from events.proposals import views as proposals
from pages.urls import serve

app_name = "events"
urlpatterns = [
    path("calendar.ics", calendars.calendar, name="calendar"),
    re_path(r"^(?P<slug>[-\w]+)\.ics$", calendars.entry, name="entry"),
    path("feed/", serve(feeds.Events), name="feed"),
    path("month/", month_views.this_month, name="month"),
    path("month/<int:year>/<int:month>/", month_views.month, name="month"),
    path("propose/", proposals.propose, name="propose"),
    path("propose/sent/", proposals.proposed, name="proposed"),
]
