from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "icrtop"

    def ready(self) -> None:
        from icrtop import checks  # noqa: F401 # Registers them.
