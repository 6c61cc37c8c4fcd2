"""The small parts that everything stands on: crash points, kept secrets, database settings, keys, the audit log."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core import checks
from django.db import DatabaseError, connection, transaction

from hunter.audit.models import AuditEntry
from hunter.audit.recording import record
from hunter.checks import check_digest_hour, check_keys
from hunter.crashpoints import crash_point
from hunter.database import database_settings
from hunter.errors import HunterError
from hunter.secrets import kept_secret, new_credential_key, new_secret_key
from leads.models import Company

ROOT = Path(__file__).resolve().parent.parent.parent
PASS_FOUR_TIMES = """
from hunter.crashpoints import crash_point
for number in range(4):
    print(number, flush=True)
    crash_point("toy.before")
    crash_point("toy.after")
"""


# --- crash points -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        pytest.param("", 4, id="nothing is wanted: nothing happens"),
        pytest.param("toy.before", 1, id="the first pass"),
        pytest.param("toy.after:3", 3, id="the third pass of another place"),
        pytest.param("toy.after:9", 4, id="a pass that does not come"),
        pytest.param("toy", 4, id="a place there is not"),
    ],
)
def test_a_process_kills_itself_at_the_place_that_is_named(wanted, passes):
    done = subprocess.run(
        [sys.executable, "-c", PASS_FOUR_TIMES],
        cwd=ROOT, env=os.environ | {"HUNTER_CRASH_AT": wanted}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stdout.split() == [str(number) for number in range(passes)]
    assert done.returncode == (0 if passes == 4 else -signal.SIGKILL)


def test_a_crash_point_does_nothing_in_production(monkeypatch):
    monkeypatch.delenv("HUNTER_CRASH_AT", raising=False)

    crash_point("toy.before")


# --- secrets ----------------------------------------------------------------------------------------------------


def test_a_secret_is_made_once_and_is_its_owners_only(tmp_path):
    first = kept_secret(tmp_path / "new" / "key", make=new_secret_key)

    assert kept_secret(tmp_path / "new" / "key", make=new_secret_key) == first
    assert stat.S_IMODE((tmp_path / "new" / "key").stat().st_mode) == 0o600


def test_all_who_ask_at_once_get_the_same_secret(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(lambda _: kept_secret(tmp_path / "key", make=new_credential_key), range(32)))

    assert len(got) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_e002_without_a_key_for_secrets_nothing_starts(settings):
    settings.CREDENTIAL_KEYS = []

    (problem,) = check_keys()

    assert (problem.id, problem.level) == ("hunter.E002", checks.ERROR)
    assert "CREDENTIAL_KEYS" in problem.msg


# --- the database -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "faults"), [(0, []), (23, []), (24, ["hunter.E003"]), (-1, ["hunter.E003"])])
def test_digests_go_out_at_an_hour_that_a_day_has(hour, faults, settings):
    settings.ALERT_DIGEST_HOUR = hour

    assert [one.id for one in check_digest_hour()] == faults


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(
            "postgresql://hunter:s3cret@db.example.com:5433/sales",
            {"HOST": "db.example.com", "PORT": 5433, "NAME": "sales", "USER": "hunter", "PASSWORD": "s3cret"},
            id="a server",
        ),
        pytest.param(
            "postgresql://hunter@/sales?host=/run/postgresql",
            {"HOST": "", "NAME": "sales", "OPTIONS": {"host": "/run/postgresql"}},
            id="a socket",
        ),
        pytest.param("postgres://hunter@db/sales", {"ENGINE": "django.db.backends.postgresql"}, id="the short scheme"),
        pytest.param("", {"ENGINE": "hunter.postgres", "NAME": "hunter"}, id="none: the embedded server"),
    ],
)
@pytest.mark.proves("R7.1")
def test_the_database_that_a_url_names(tmp_path, url, expected):
    found = database_settings(url=url, var=tmp_path)

    assert found.items() >= expected.items()
    assert found["CONN_MAX_AGE"] > 0
    assert found["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize("url", ["sqlite:///hunter.db", "mysql://root@db/hunter", "nonsense"])
def test_another_engine_is_refused(tmp_path, url):
    with pytest.raises(HunterError, match="DATABASE_URL must begin with postgresql://"):
        database_settings(url=url, var=tmp_path)


# --- the audit log ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_act_is_kept_with_who_what_and_why():
    person = get_user_model().objects.create_user("ayse")
    before, after = (Company.objects.create(domain=domain) for domain in ("a.example", "b.example"))

    record(after, act="relink", by=person, before=before, after=after, why="They moved.")

    entry = AuditEntry.objects.get()
    assert (entry.act, entry.by, entry.why) == ("relink", person, "They moved.")
    assert (entry.subject_type, entry.subject_id, entry.subject_name) == ("leads.company", str(after.pk), "b.example")
    assert (entry.before, entry.after) == ("a.example", "b.example")


@pytest.mark.django_db
def test_an_act_stands_or_falls_with_its_transaction():
    company = Company.objects.create(domain="a.example")

    with suppress(ZeroDivisionError), transaction.atomic():
        record(company, act="relink", by=None)
        raise ZeroDivisionError

    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["update audit_auditentry set act = 'other'", "delete from audit_auditentry"])
def test_nobody_rewrites_what_was_done(sql):
    record(Company.objects.create(domain="a.example"), act="relink", by=None)

    with pytest.raises(DatabaseError, match="can only grow"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
