from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "icrtop.mail"
    label = "mail"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from icrtop.mail import checks  # noqa: F401 registers itself
