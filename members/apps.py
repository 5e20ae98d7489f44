from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")

    def ready(self) -> None:
        from members import leaving, signals  # noqa: F401 # They connect their receivers.
        from members.documents import files  # noqa: F401
