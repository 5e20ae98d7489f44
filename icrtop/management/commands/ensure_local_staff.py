"""The login of a site on one's own machine."""

import os
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from icrtop.accounts.models import User


class Command(BaseCommand):
    """Make the account LOCAL_STAFF_EMAIL, or set its password, to LOCAL_STAFF_PASSWORD."""

    help = "Make the staff login of a local site; refuses outside development settings."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not hasattr(settings, "DEV_MAIL_DIR"):
            raise CommandError("This is for development settings only.")
        email = os.environ.get("LOCAL_STAFF_EMAIL")
        password = os.environ.get("LOCAL_STAFF_PASSWORD")
        if not email or not password:
            raise CommandError("LOCAL_STAFF_EMAIL and LOCAL_STAFF_PASSWORD are needed.")
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            names = {"first_name": "Local", "last_name": "Staff"}
            user = User.objects.create_superuser(email, password, **names)
        elif not user.check_password(password):
            user.set_password(password)
            user.save()
        if group := Group.objects.filter(name="Secretariat").first():
            user.groups.add(group)
