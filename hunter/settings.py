"""Hunter's settings. Everything that differs between installations comes from the environment; see .env.example."""

from __future__ import annotations

from pathlib import Path

import environ

from hunter.database import database_settings
from hunter.logs import logging_settings
from hunter.ops.api.settings import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401  Django reads them here
from hunter.ops.look import UNFOLD  # noqa: F401  Unfold reads it here
from hunter.secrets import kept_secret, new_credential_key, new_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if env.bool("READ_DOT_ENV", default=True):
    environ.Env.read_env(BASE_DIR / ".env")

HUNTER_VAR = Path(env.str("HUNTER_VAR", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)


# Without DEBUG nothing is made up: an empty key is refused where one is needed (hunter.E002), not where none is.
SECRET_KEY = env.str("SECRET_KEY", default="") or (
    kept_secret(HUNTER_VAR / "secret_key", make=new_secret_key) if DEBUG else ""
)
_credential_keys = env.str("CREDENTIAL_KEYS", default="") or (
    kept_secret(HUNTER_VAR / "credential_key", make=new_credential_key) if DEBUG else ""
)
CREDENTIAL_KEYS = [key.strip() for key in _credential_keys.split(",") if key.strip()]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

DATABASES = {"default": database_settings(url=env.str("DATABASE_URL", default=""), var=HUNTER_VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": (
        environ.Env.cache_url_config(env.str("CACHE_URL"))
        if env.str("CACHE_URL", default="")
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "hunter_cache"}
    )
}

INSTALLED_APPS = [
    "hunter.ops",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "hunter.audit",
    "hunter.remote",
    "hunter.work",
    "leads",
    "referrals",
    "crm",
    "hunter.sandbox",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "hunter.urls"
WSGI_APPLICATION = "hunter.wsgi.application"
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "hunter" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = HUNTER_VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"  # hashed names, after collectstatic
        )
    },
}
STATICFILES_DIRS = [BASE_DIR / "hunter" / "static"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_CONTENT_TYPE_NOSNIFF = True

LOGGING = logging_settings(env.str("LOG_FORMAT", default="console"))

# Partner Center
PARTNER_CENTER_ENABLED = env.bool("PARTNER_CENTER_ENABLED", default=False)
PARTNER_CENTER_URL = env.str("PARTNER_CENTER_URL", default="https://api.partner.microsoft.com")
PARTNER_CENTER_REGISTRATION_URL = env.str(
    "PARTNER_CENTER_REGISTRATION_URL", default="https://api.partnercenter.microsoft.com"
)
PARTNER_CENTER_TENANT_ID = env.str("PARTNER_CENTER_TENANT_ID", default="")
PARTNER_CENTER_CLIENT_ID = env.str("PARTNER_CENTER_CLIENT_ID", default="")
PARTNER_CENTER_CLIENT_SECRET = env.str("PARTNER_CENTER_CLIENT_SECRET", default="")
PARTNER_CENTER_CLIENT_SECRET_ENDS = env.str("PARTNER_CENTER_CLIENT_SECRET_ENDS", default="")
PARTNER_CENTER_WARN_DAYS = env.int("PARTNER_CENTER_WARN_DAYS", default=14)
PARTNER_CENTER_REFRESH_TOKEN = env.str("PARTNER_CENTER_REFRESH_TOKEN", default="")
PARTNER_CENTER_SYNC_MINUTES = env.int("PARTNER_CENTER_SYNC_MINUTES", default=10)
PARTNER_CENTER_FULL_SYNC_HOUR = env.int("PARTNER_CENTER_FULL_SYNC_HOUR", default=3)
PARTNER_CENTER_MOST_VANISHED = env.int("PARTNER_CENTER_MOST_VANISHED", default=10)
PARTNER_CENTER_WRITE_REFERENCE = env.bool("PARTNER_CENTER_WRITE_REFERENCE", default=True)
PARTNER_CENTER_WRITE_STATUS = env.bool("PARTNER_CENTER_WRITE_STATUS", default=False)
PARTNER_CENTER_CERTIFICATE_HOSTS = env.list(
    "PARTNER_CENTER_CERTIFICATE_HOSTS", default=["3psostorageacct.blob.core.windows.net"]
)
PARTNER_CENTER_CERTIFICATES_URL = env.str("PARTNER_CENTER_CERTIFICATES_URL", default="")
PARTNER_CENTER_CERTIFICATE_ROOTS = env.str("PARTNER_CENTER_CERTIFICATE_ROOTS", default="")

# The CRM
CRM_BACKEND = env.str("CRM_BACKEND", default="dynamics365")
D365_ENABLED = env.bool("D365_ENABLED", default=False)
D365_URL = env.str("D365_URL", default="")
D365_TENANT_ID = env.str("D365_TENANT_ID", default="")
D365_CLIENT_ID = env.str("D365_CLIENT_ID", default="")
D365_CLIENT_SECRET = env.str("D365_CLIENT_SECRET", default="")
D365_CLIENT_CERTIFICATE = env.str("D365_CLIENT_CERTIFICATE", default="")
D365_MAPPING = env.str("D365_MAPPING", default="v1")
D365_PULL_MINUTES = env.int("D365_PULL_MINUTES", default=10)
HUBSPOT_ENABLED = env.bool("HUBSPOT_ENABLED", default=False)
HUBSPOT_URL = env.str("HUBSPOT_URL", default="https://api.hubapi.com")
HUBSPOT_TOKEN = env.str("HUBSPOT_TOKEN", default="")
HUBSPOT_PORTAL_ID = env.str("HUBSPOT_PORTAL_ID", default="")
HUBSPOT_APP_URL = env.str("HUBSPOT_APP_URL", default="https://app.hubspot.com")
HUBSPOT_MAPPING = env.str("HUBSPOT_MAPPING", default="v1")
HUBSPOT_PULL_MINUTES = env.int("HUBSPOT_PULL_MINUTES", default=10)

# The rules of score and classes: a name in leads/rules/, or a file of one's own
HUNTER_RULES = env.str("HUNTER_RULES", default="v1")

# Other people's servers
ENTRA_URL = env.str("ENTRA_URL", default="https://login.microsoftonline.com")
DNS_NAMESERVERS = env.list("DNS_NAMESERVERS", default=[])
RDAP_URL = env.str("RDAP_URL", default="")
WHOIS_SERVER = env.str("WHOIS_SERVER", default="")

# Alerts
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAIL_TIMEOUT = 30
vars().update(env.email_url_config(EMAIL_URL) if EMAIL_URL else {})
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="hunter@localhost")
HUNTER_URL = env.str("HUNTER_URL", default="").rstrip("/")
ALERT_DIGEST_HOUR = env.int("ALERT_DIGEST_HOUR", default=7)
OUTGOING_PRIVATE_HOSTS = env.list("OUTGOING_PRIVATE_HOSTS", default=[])

LANE_LIMITS = {
    name.removeprefix("LIMIT_").lower(): value for name, value in env.ENVIRON.items() if name.startswith("LIMIT_")
}
LANE_CONCURRENCY = {
    name.removeprefix("CONCURRENCY_").lower(): value
    for name, value in env.ENVIRON.items()
    if name.startswith("CONCURRENCY_")
}
LEASE_SECONDS = env.int("LEASE_SECONDS", default=180)
WORKERS_SILENCE_SECONDS = env.int("WORKERS_SILENCE_SECONDS", default=180)
WORKERS_STOP_SECONDS = env.int("WORKERS_STOP_SECONDS", default=240)
WORKERS_MAX_MB = env.int("WORKERS_MAX_MB", default=300)
ALARM_WAITING = env.int("ALARM_WAITING", default=200_000)
ALARM_WAITING_MINUTES = env.int("ALARM_WAITING_MINUTES", default=120)
ALARM_TROUBLE_MINUTES = env.int("ALARM_TROUBLE_MINUTES", default=5)
HISTORY_KEEP_DAYS = env.int("HISTORY_KEEP_DAYS", default=90)

# Company lists
IMPORT_MAX_MB = env.int("IMPORT_MAX_MB", default=250)
IMPORT_KEEP_DAYS = env.int("IMPORT_KEEP_DAYS", default=30)
FILE_UPLOAD_HANDLERS = [
    "leads.upload_limit.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

Q_CLUSTER = {
    "name": "hunter",
    "orm": "default",
    "workers": 8,  # one for each lane and one more, so that no lane can starve another
    "queue_limit": 8,
    "bulk": 1,
    "timeout": 300,
    "retry": 1800,  # far above the longest wait and run: the ledger retries, the queue never does
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,  # the ledger is the record of what was done
    "catch_up": False,
    "poll": 0.5,
    "guard_cycle": 0.5,
    "recycle": 200,
    "max_rss": WORKERS_MAX_MB * 1000,
    "compress": False,
}
