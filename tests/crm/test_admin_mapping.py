"""The mapping page and the passes over the CRM, as people in the admin find them (R4.2, R4.7)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from crm.models import CrmPull, ProvisionedPart
from crm.provision_kind import NEEDED, WITH_OPTIONAL
from crm.registry import crm_backend
from hunter.audit.models import AuditEntry
from hunter.ops.navigation import sidebar
from hunter.remote import limits
from hunter.work.models import Item
from tests.factories.people import administrator

pytestmark = pytest.mark.django_db

MAPPING, PULLS = "admin:crm_provisionedpart_changelist", "admin:crm_crmpull_changelist"


@pytest.fixture
def page(client, settings):
    settings.D365_ENABLED = True
    limits.ensure_lane(crm_backend().lane)
    client.force_login(administrator())
    return client


def text_of(answer):
    return answer.content.decode()


def test_the_page_shows_each_column_with_its_value_and_who_wins(page):
    text = text_of(page.get(reverse(MAPPING)))

    for words in ("Mapping v1", "hnt_finalscore", "Readiness score", "the newer change", "not checked", "hnt_segment:"):
        assert words in text, words


def test_a_mapping_that_can_not_be_read_says_where(page, settings, tmp_path):
    broken = tmp_path / "mine.toml"
    broken.write_text('version = 1\ncrm = "dynamics365"\ntable = "lead"\n[[column]]\nname = "subject"\n')
    settings.D365_MAPPING = str(broken)

    assert "line 4, column subject" in text_of(page.get(reverse(MAPPING)))


@pytest.mark.parametrize(("answers", "key"), [({}, NEEDED), ({"with_optional": "on"}, WITH_OPTIONAL)])
def test_what_is_missing_is_created_after_a_question_and_stands_in_the_audit_log(page, answers, key):
    address = reverse("admin:crm_provisionedpart_act", args=["provision"])

    asked = text_of(page.get(address))
    page.post(address, {"confirmed": "1", **answers})

    assert "Nothing that is there is changed or deleted" in asked
    assert Item.objects.get(kind=crm_backend().provision_kind).key == key
    assert AuditEntry.objects.filter(act="create what the CRM lacks").exists()
    assert "being created" in text_of(page.get(reverse(MAPPING)))


def test_what_hunter_made_is_listed(page):
    ProvisionedPart.objects.create(crm="dynamics365", kind="column", name="hnt_domain", asked_by="maria")

    text = text_of(page.get(reverse(MAPPING)))

    assert "hnt_domain" in text
    assert "maria" in text


def test_a_pass_over_the_crm_is_started_by_a_click_and_joined_by_a_second(page):
    address = reverse("admin:crm_crmpull_act", args=["read_now"])

    for _ in range(2):
        page.post(address, follow=True)

    assert CrmPull.objects.count() == 1
    assert Item.objects.get(kind=crm_backend().pull_kind).asked_by


def test_a_pass_says_what_it_took_in_and_leads_to_its_conflicts(page):
    CrmPull.objects.create(crm="dynamics365", pages=2, seen=700, applied=3, ignored=696, conflicts=1)

    text = text_of(page.get(reverse(PULLS)))

    assert "700" in text
    assert "needs=you" in text


def test_both_stand_in_the_navigation(rf):
    request = rf.get("/admin/")
    request.user = administrator()

    titles = {item["title"] for group in sidebar(request) for item in group["items"]}

    assert {"Mapping", "CRM changes"} <= titles
