"""Every act of the admin: a permission of its own, a POST, and nothing at all by GET (house style, admin)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from hunter.ops.act_pages import act_url
from hunter.ops.acts import Act
from hunter.ops.model_admin import HunterModelAdmin
from tests.factories.people import administrator, staff

OF_DJANGO = frozenset({"changelist", "add", "history", "delete", "change", "password_change", "autocomplete"})
KEPT_BESIDES = ("hunter_cache", "django_session")


def admins() -> list[HunterModelAdmin]:
    return [one for one in admin.site._registry.values() if isinstance(one, HunterModelAdmin)]


def acts() -> Iterator[tuple[HunterModelAdmin, Act]]:
    for one in admins():
        for act in one.all_acts():
            yield one, act


ALL_ACTS = [pytest.param(one, act, id=f"{one.opts.label_lower} {act.name}") for one, act in acts()]


def own_urls(one: HunterModelAdmin) -> list[URLPattern]:
    """Addresses that are ours and no act's."""
    named = [url for url in one.get_urls() if isinstance(url, URLPattern)]
    return [url for url in named if str(url.name).rsplit("_", 1)[-1] not in {*OF_DJANGO, "act"} and url.name]


def test_every_list_of_the_admin_follows_our_rules():
    strangers = [
        model._meta.label for model, one in admin.site._registry.items() if not isinstance(one, HunterModelAdmin)
    ]

    assert strangers == []


def test_no_list_uses_the_links_that_act_on_get():
    linking = [
        one.opts.label
        for one in admins()
        if one.actions_list or one.actions_row or one.actions_detail or one.actions_submit_line
    ]

    assert linking == []


def test_there_are_no_actions_of_a_list_but_acts(rf, db):
    request = rf.get("/")
    request.user = administrator()

    for one in admins():
        assert set(one.get_actions(request)) <= {act.name for act in one.all_acts()}


@pytest.mark.parametrize(("one", "act"), ALL_ACTS)
def test_an_act_names_a_permission_that_exists(one, act, db):
    app, codename = act.permission.split(".")

    assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists()


@pytest.mark.parametrize(("one", "act"), ALL_ACTS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_act_is_closed_to_those_without_its_permission(one, act, method, client, db):
    client.force_login(staff(f"{one.opts.app_label}.view_{one.opts.model_name}"))

    response = getattr(client, method)(act_url(one, act), {"id": "1", "confirmed": "1"})

    assert response.status_code == 403


@pytest.mark.parametrize(("one", "act"), ALL_ACTS)
def test_nothing_is_written_by_a_get_of_an_act(one, act, client, db):
    client.force_login(administrator())

    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(act_url(one, act), {"id": "1", "confirmed": "1"})

    assert response.status_code == 405 or (act.asks and response.status_code == 200)
    written = [query["sql"] for query in captured if writes(query["sql"])]
    assert written == []


def writes(sql: str) -> bool:
    changes = sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
    return changes and not any(table in sql for table in KEPT_BESIDES)


@pytest.mark.parametrize(("one", "act"), ALL_ACTS)
def test_an_act_without_the_token_of_the_form_is_refused(one, act, db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator())

    assert client.post(act_url(one, act), {"id": "1", "confirmed": "1"}).status_code == 403


@pytest.mark.parametrize("one", admins(), ids=lambda one: one.opts.label_lower)
def test_a_list_is_closed_to_those_who_may_not_see_it(one, client, db):
    client.force_login(staff())
    name = f"{one.opts.app_label}_{one.opts.model_name}"

    addresses = [reverse(f"admin:{name}_changelist")]
    addresses += [reverse(f"admin:{name}_{page}", args=["1"]) for page in ("change", "history", "delete")]

    assert {client.get(address).status_code for address in addresses} <= {403}


@pytest.mark.parametrize("one", admins(), ids=lambda one: one.opts.label_lower)
def test_a_page_of_our_own_is_closed_to_those_who_may_not_see_its_list(one, client, db):
    client.force_login(staff())

    for url in own_urls(one):
        address = reverse(f"admin:{url.name}", args=["1"] * len(url.pattern.converters))
        assert client.get(address).status_code == 403
        assert client.post(address).status_code == 403


def test_the_pages_of_the_queue_are_gone(client, db):
    client.force_login(administrator())

    assert client.get("/admin/django_q/schedule/").status_code == 404
