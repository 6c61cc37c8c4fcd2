"""Hunter's settings for the tests: a throw-away database under var/test, and nothing from the developer's environment."""

from __future__ import annotations

import os
from pathlib import Path

FROM_OUTSIDE = (
    "DATABASE_URL",
    "PARTNER_CENTER_",
    "D365_",
    "HUBSPOT_",
    "CRM_",
    "ENTRA_",
    "DNS_",
    "RDAP_",
    "WHOIS_",
    "LIMIT_",
    "CONCURRENCY_",
    "LEASE_",
    "HUNTER_RULES",
    "EMAIL_",
    "HUNTER_URL",
    "ALERT_",
    "OUTGOING_",
)

for _name in [name for name in os.environ if name.startswith(FROM_OUTSIDE)]:
    del os.environ[_name]
os.environ["DEBUG"] = "1"
os.environ["HUNTER_VAR"] = os.environ.get(
    "HUNTER_TEST_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test")
)
os.environ["READ_DOT_ENV"] = "0"

from hunter.settings import *  # noqa: E402, F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# A database for each run, so that any number of runs may go on at once.
_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
DATABASES["default"]["TEST"] = {"NAME": f"test_hunter_{_run}"}  # noqa: F405
# Static files come from where they are written; nothing is collected for a test.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
INSTALLED_APPS = [*INSTALLED_APPS, "django_linear_migrations"]  # noqa: F405  its checks keep each history a line
