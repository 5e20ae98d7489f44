"""How people sign in: this backend for codes by mail, Django's for passwords in the admin."""

from django.contrib.auth.backends import BaseBackend

from icrtop.accounts.models import User

CODE_BACKEND = "icrtop.accounts.backends.CodeBackend"


class CodeBackend(BaseBackend):
    """For sessions that began with a code; permissions are ModelBackend's matter.

    A session names its backend, so that a user tells by `signed_in_by_code` whether this one has
    proved that the mailbox is theirs. Who knows a password has not: staff may set anybody's.
    """

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.filter(pk=user_id, is_active=True).first()
        if user is not None:
            user.signed_in_by_code = True
        return user
