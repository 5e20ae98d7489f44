from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Model
from wagtail.permission_policies import ModelPermissionPolicy


class LimitedPolicy(ModelPermissionPolicy):
    """Django's permissions, for some actions only: the others are nobody's, superusers included.

    For rows that the site writes itself, and that would be worthless as a record if staff could
    change them.
    """

    def __init__(self, model: type[Model], actions: set[str]) -> None:
        super().__init__(model)
        self.actions = actions

    def user_has_permission(self, user: AbstractBaseUser | AnonymousUser, action: str) -> bool:
        return action in self.actions and super().user_has_permission(user, action)
