"""Settings of every environment; docs/operations.md lists the variables they read."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

# Where the site is reached from outside; links in letters are made from it.
BASE_URL = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")

INSTALLED_APPS = [
    "newsletter",
    "members",
    "events",
    "pages",
    "icrtop.mail",
    "icrtop.places",
    "icrtop.accounts",
    "icrtop",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.sitemaps",
    "wagtail.contrib.table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "allauth",
    "allauth.account",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "icrtop.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "icrtop.middleware.PageCacheMiddleware",
    "icrtop.middleware.CompressionMiddleware",
    "icrtop.middleware.Utf8Middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "icrtop.body_limits.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "pages.old_paths.OldPathMiddleware",
]

ROOT_URLCONF = "icrtop.urls"
WSGI_APPLICATION = "icrtop.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    }
]

_database = env.db_url("DATABASE_URL", default="postgres://postgres@localhost/icrtop")
DATABASES = {
    "default": {
        **_database,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),  # ?sslmode=… or a socket's ?host=… in the address
            "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
CACHES = {
    "default": {
        "BACKEND": "icrtop.cache.SoftRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "icrtop",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

# PostgreSQL holds what is to be done; the broker only says that there is something.
# Kombu has its own names for a socket and for the number of a database behind it.
CELERY_BROKER_URL = REDIS_URL
if REDIS_URL.startswith("unix://"):
    CELERY_BROKER_URL = f"redis+socket{REDIS_URL[4:].replace('?db=', '?virtual_host=')}"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "send due mail": {"task": "icrtop.mail.tasks.send_due", "schedule": 20.0},
    "queue due mailings": {"task": "newsletter.tasks.queue_mailings", "schedule": 30.0},
    "read bounces": {"task": "newsletter.tasks.read_bounces", "schedule": 180.0},
    "send alerts and digests": {"task": "newsletter.tasks.send_alerts", "schedule": 60.0},
    "run imports": {"task": "newsletter.tasks.run_imports", "schedule": 60.0},
    "discard old imports": {"task": "newsletter.tasks.discard_old_imports", "schedule": 3600.0},
    "clear sessions": {"task": "icrtop.accounts.tasks.clear_sessions", "schedule": 86_400.0},
    "keep to retention": {"task": "members.tasks.keep_to_retention", "schedule": 86_400.0},
    "forget who proposed events": {"task": "events.tasks.keep_to_terms", "schedule": 86_400.0},
    "remind applicants": {"task": "members.tasks.remind_of_answers", "schedule": 3600.0},
    "close ballots, and remind": {"task": "members.tasks.run_ballots", "schedule": 60.0},
    "ask members to reconfirm": {
        "task": "members.tasks.ask_members_to_reconfirm",
        "schedule": 3600.0,
    },
    "publish scheduled pages": {"task": "pages.tasks.publish_scheduled", "schedule": 60.0},
}

# Only Django's own mail (such as password resets in the admin) uses MAILERS; everything that the
# site writes goes through icrtop.mail, which reads SMTP_URL itself.
SMTP_URL = env.str("SMTP_URL", default="smtp://localhost:25")
_smtp = urlsplit(SMTP_URL)
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": _smtp.hostname or "localhost",
            "port": _smtp.port or 25,
            "username": _smtp.username or "",
            "password": _smtp.password or "",
            "use_ssl": _smtp.scheme == "smtps",
            "use_tls": _smtp.scheme == "smtp+tls",
            "timeout": 10,
        },
    }
}
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="ICRtoP <info@responsibilitytoprotect.org>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# How icrtop.mail sends: see docs/mail.md.
MAIL_CONNECTIONS = env.int("MAIL_CONNECTIONS", default=8)
MAIL_RATE = env.str("MAIL_RATE", default="")
MAIL_DOMAIN_RATES = env.dict("MAIL_DOMAIN_RATES", default={})
MAIL_BOUNCE_ADDRESS = env.str("MAIL_BOUNCE_ADDRESS", default="")
MAIL_MISSED_AFTER_HOURS = env.int("MAIL_MISSED_AFTER_HOURS", default=6)
# Where the reports to MAIL_BOUNCE_ADDRESS are read: maildir:///path, imaps://user:password@host.
BOUNCE_MAILBOX = env.str("BOUNCE_MAILBOX", default="")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "icrtop.accounts.backends.CodeBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "account:sign_in"
LOGIN_REDIRECT_URL = "account:index"
# Signing in by a code that is mailed, with allauth: see icrtop.accounts.signing_in.
ACCOUNT_ADAPTER = "icrtop.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_RATE_LIMITS = False  # icrtop.ratelimit's are used.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/New_York"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
# What applicants send with their applications: no web server may give anything out from here.
PRIVATE_ROOT = env.str("PRIVATE_ROOT", default=str(VAR_DIR / "private"))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": PRIVATE_ROOT,
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # Wagtail's editor posts one field per block setting.

SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "icrtop.views.csrf_failure"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

# No nonce: a page from the cache must be the same bytes for everybody.
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
}
# Wagtail's admin (and its user bar on public pages, which only staff see) uses inline code.
ADMIN_CSP = {
    **SECURE_CSP,
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:", "blob:", "https://www.gravatar.com"],
    "connect-src": [CSP.SELF],
}

# How many proxies in front of gunicorn append to X-Forwarded-For; 0 trusts none.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

WAGTAIL_SITE_NAME = "ICRtoP"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAILADMIN_USER_LOGIN_FORM = "icrtop.accounts.forms.LoginForm"
WAGTAILADMIN_USER_PASSWORD_RESET_FORM = "icrtop.accounts.forms.PasswordResetForm"  # noqa: S105 # No password.
WAGTAIL_I18N_ENABLED = True
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
# The zones that stand for places: browsers do not know all the others, such as "localtime".
WAGTAIL_USER_TIME_ZONES = [
    *sorted(zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/"),
    "UTC",
]
WAGTAIL_MODERATION_ENABLED = True
WAGTAIL_WORKFLOW_ENABLED = True
WAGTAILIMAGES_IMAGE_MODEL = "pages.SiteImage"
WAGTAILDOCS_DOCUMENT_MODEL = "pages.SiteDocument"
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "odt", "txt", "csv", "xlsx", "zip"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_CONTENT_TYPES = {"pdf": "application/pdf"}
WAGTAILDOCS_INLINE_CONTENT_TYPES = ["application/pdf"]
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []  # Nothing is loaded from third parties.
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILSEARCH_BACKENDS = {
    "default": {
        "BACKEND": "wagtail.search.backends.database",
        "SEARCH_CONFIG": "icrtop",  # English stemming with accents folded, see places/migrations.
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # One line for each of its detectors, for each report.
    "loggers": {"flufl.bounce": {"level": "WARNING"}},
}
