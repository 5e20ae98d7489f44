from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewsletterConfig(AppConfig):
    name = "newsletter"
    verbose_name = _("Newsletter")

    def ready(self) -> None:
        from newsletter.alerts import noticing
        from newsletter.bounces import checks  # noqa: F401 registers itself
        from newsletter.services import archiving, members_list

        noticing.connect()
        archiving.connect()
        members_list.connect()
