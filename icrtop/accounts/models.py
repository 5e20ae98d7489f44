from typing import Any

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account; without a password it cannot be used to log in with one."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractUser):
    """Someone who logs in, known by an e-mail address, whatever its letters' case."""

    username = None  # type: ignore[assignment] # The address stands in its place.
    email = models.EmailField(_("e-mail address"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()  # type: ignore[misc,assignment] # AbstractUser's wants a username.

    # Of the one at the browser: see `icrtop.accounts.backends` and `icrtop.accounts.identity`.
    signed_in_by_code = False
    proved_address: str | None = None

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), name="unique_user_email_any_case"),
        ]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end when the address changes, as they do when the password does.

        Otherwise whoever gives an account another address would be in it already when that
        address is proved.
        """
        of_password = super()._get_session_auth_hash(secret)  # type: ignore[misc] # Not in the stubs.
        key = "icrtop.accounts.session"
        value = f"{of_password}:{self.email.lower()}"
        return salted_hmac(key, value, secret=secret, algorithm="sha256").hexdigest()
