from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self) -> None:
        from events.proposals import signals as of_proposals  # noqa: F401
        from events.registrations import signals  # noqa: F401 # They connect their receivers.
