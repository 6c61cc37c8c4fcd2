"""Who may do what: users, API keys, and the log of what people did."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse
from rest_framework.authtoken.models import Token

from hunter.audit.models import AuditEntry
from tests.factories.people import UserFactory


def kept_in_the_log() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(string_agg(audit_auditentry::text, ' '), '') from audit_auditentry")
        return str(cursor.fetchone()[0])


def test_who_signs_in_at_the_login_page_itself_comes_to_the_home_page(client, db):
    UserFactory(username="ayse", is_staff=True, password=make_password("long enough"))

    answer = client.post(reverse("admin:login"), {"username": "ayse", "password": "long enough"})

    assert answer.headers["Location"] == reverse("admin:index")


def test_a_key_is_shown_once_and_never_kept_in_the_log(page):
    program = UserFactory(username="crm-bridge")

    made = page.post(reverse("admin:authtoken_tokenproxy_add"), {"user": program.pk}, follow=True).content.decode()
    key = Token.objects.get(user=program).key
    listed = page.get(reverse("admin:authtoken_tokenproxy_changelist")).content.decode()

    assert key in made
    assert key not in listed
    assert key not in kept_in_the_log()


def test_taking_a_key_away_is_kept_without_the_key(page, ayse):
    token = Token.objects.create(user=UserFactory(username="crm-bridge"))

    page.post(reverse("admin:authtoken_tokenproxy_delete", args=[token.user_id]), {"post": "yes"})

    assert not Token.objects.exists()
    assert AuditEntry.objects.get().by == ayse
    assert token.key not in kept_in_the_log()


def test_a_change_of_rights_is_in_the_log(page):
    person = UserFactory(username="maria")
    form = {
        "username": "maria",
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-05-04",
        "date_joined_1": "09:00",
    }

    page.post(reverse("admin:auth_user_change", args=[person.pk]), form)

    assert User.objects.get(pk=person.pk).is_staff
    assert dict(AuditEntry.objects.get().after or {})["is_staff"] == "True"


@pytest.mark.parametrize("page_name", ["add", "change", "delete"])
def test_nobody_changes_the_log(page_name, page, ayse):
    entry = AuditEntry.objects.create(act="test", by=ayse, subject_type="x", subject_id="1", subject_name="x")
    args = [] if page_name == "add" else [entry.pk]

    assert page.post(reverse(f"admin:audit_auditentry_{page_name}", args=args)).status_code == 403


def test_an_account_is_never_deleted(page):
    person = UserFactory()

    assert page.post(reverse("admin:auth_user_delete", args=[person.pk]), {"post": "yes"}).status_code == 403
