"""Loaded by a worker that waits for the mail server for a second only, over two connections."""

from django.conf import settings

from icrtop.mail import smtp

smtp.TIMEOUT_SECONDS = smtp.FINAL_REPLY_SECONDS = 1
settings.MAIL_CONNECTIONS = 2
