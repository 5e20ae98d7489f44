"""Accounts, and browsers in which somebody has proved an address by a code."""

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.test import Client

from icrtop.accounts.backends import CODE_BACKEND


def account_of(email, *, verified=True, **fields):
    """The account of an address, made if there is none, without a password."""
    users = get_user_model().objects
    user = users.filter(email__iexact=email).first() or users.create_user(email, **fields)
    EmailAddress.objects.update_or_create(
        user=user, email=email.lower(), defaults={"verified": verified, "primary": True}
    )
    return user


def signed_in(email, client=None):
    """A browser whose user has signed in by a code that was mailed to this address."""
    client = client or Client()
    client.force_login(account_of(email), backend=CODE_BACKEND)
    return client
