"""Which of the staff can look after applications."""

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from icrtop.accounts.models import User


def caretakers(also: int | None = None) -> QuerySet[User]:
    """Active staff who may move applications, by name; and `also` who had one before."""
    change = Permission.objects.filter(
        content_type__app_label="members", codename="change_application"
    )
    may = Q(is_superuser=True)
    may |= Q(Exists(change.filter(group__user=OuterRef("pk"))))
    may |= Q(Exists(change.filter(user=OuterRef("pk"))))
    found = User.objects.filter(Q(may, is_active=True) | Q(pk=also))
    return found.order_by("first_name", "last_name", "email")


def name_of(user: User) -> str:
    return user.get_full_name() or user.email
