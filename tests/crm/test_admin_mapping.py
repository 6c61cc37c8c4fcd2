"""The mapping page and the passes over the CRM, as people in the admin find them (R4.2, R4.7)."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.dynamics365.backend import MAPPINGS
from crm.figures import latest_runs
from crm.interface import ColumnFacts, ColumnType, TableFacts
from crm.mapping.resolving import TYPES, held_against
from crm.models import CrmPull, ProvisionedPart
from crm.provision_kind import NEEDED, WITH_OPTIONAL
from crm.registry import crm_backend
from crm.services.last_check import keep_check
from hunter.audit.models import AuditEntry
from hunter.ops.navigation import sidebar
from hunter.remote import limits
from hunter.remote.models import Lane
from hunter.work.models import Item
from tests.factories.leads import ScannedCompanyFactory
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


def test_each_column_says_how_it_stands_in_the_crm_since_the_last_look(page):
    backend = crm_backend()
    columns = {
        column.name: ColumnFacts(column.name, ColumnType.TEXT, length=20)
        for column in backend.load_mapping().column
        if column.name in {"companyname", "hnt_finalscore", "firstname"}
    }
    table = TableFacts(columns | {"firstname": ColumnFacts("firstname", ColumnType.TEXT, length=50)})
    keep_check(backend, held_against(backend.load_mapping(), table), table)

    lines = {line.column: line for line in page.get(reverse(MAPPING)).context["mappings"][0]["lines"]}

    assert "fits" in lines["firstname"].state
    assert "needs you" in lines["companyname"].state
    assert "fails" in lines["hnt_finalscore"].state
    assert "not there" in lines["hnt_prioritycategory"].state
    assert "the CRM holds 20 characters" in lines["companyname"].words


def table_without(*names: str) -> TableFacts:
    """The CRM's columns as the mapping has them, but these."""
    columns = crm_backend().load_mapping().column
    there = [ColumnFacts(one.name, min(TYPES[one.kind])) for one in columns if one.name not in names]
    return TableFacts({facts.name: facts for facts in there})


def looked_at(table: TableFacts) -> None:
    backend = crm_backend()
    keep_check(backend, held_against(backend.load_mapping(), table), table)


def test_columns_that_fail_are_named_and_stand_before_all_others(page):
    looked_at(table_without("hnt_provider"))

    answer = page.get(reverse(MAPPING))

    shown = answer.context["mappings"][0]
    assert "hnt_provider" in shown["errors"]
    assert {line.column for line in shown["lines"][: len(shown["errors"])]} == set(shown["errors"])
    assert "from being pushed: hnt_provider" in text_of(answer)


def test_before_anything_is_created_it_is_said_what(page):
    address = reverse("admin:crm_provisionedpart_act", args=["provision"])
    unknown = text_of(page.get(address))
    looked_at(table_without("hnt_provider", "hnt_prioritylabel"))

    known = text_of(page.get(address))

    assert "Dynamics 365 was not looked at yet" in unknown
    needed, optional = known.split("only where asked for: ")
    assert ("hnt_provider" in needed, "hnt_prioritylabel" in needed) == (True, False)
    assert "hnt_prioritylabel" in optional


def test_of_several_crms_each_mapping_stands_alone_behind_its_tab(page, settings):
    settings.CRM_BACKEND = "dynamics365,hubspot"

    both, one = page.get(reverse(MAPPING)), page.get(reverse(MAPPING), {"crm": "hubspot"})

    assert [tab.title for tab in both.context["state_tabs"]] == ["All", "Dynamics 365", "HubSpot"]
    assert [[shown["crm"] for shown in answer.context["mappings"]] for answer in (both, one)] == [
        ["Dynamics 365", "HubSpot"],
        ["HubSpot"],
    ]


def test_a_look_with_another_mapping_is_forgotten(page, settings, tmp_path):
    backend = crm_backend()
    table = TableFacts({})
    keep_check(backend, held_against(backend.load_mapping(), table), table)
    other = tmp_path / "v2.toml"
    other.write_text((MAPPINGS / "v1.toml").read_text().replace("\nversion = 1\n", "\nversion = 2\n"))
    settings.D365_MAPPING = str(other)

    assert "not checked" in text_of(page.get(reverse(MAPPING)))


def test_a_look_with_a_version_that_is_only_tried_forgets_nothing_of_the_one_in_force(page):
    backend = crm_backend()
    looked_at(table_without("hnt_provider"))
    tried = backend.load_mapping().model_copy(update={"version": 2})
    keep_check(backend, held_against(tried, table_without()), table_without())

    assert page.get(reverse(MAPPING)).context["mappings"][0]["errors"] == ["hnt_provider"]


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        ("contoso.com", "All that is sent"),
        ("https://www.contoso.com/about", "All that is sent"),
        ("nowhere.example", "There is no company nowhere.example."),
        ("<b>", "There is no company &lt;b&gt;."),
        ("", "Type a company&#x27;s domain."),
    ],
)
def test_any_company_can_be_tried(page, settings, domain, told):
    settings.D365_ENABLED = False
    ScannedCompanyFactory(domain="contoso.com", name="Contoso")

    assert told in text_of(page.get(reverse("admin:crm_preview_of"), {"domain": domain}))


def test_a_stopped_service_is_said_and_not_called(page):
    ScannedCompanyFactory(domain="contoso.com")
    Lane.objects.filter(pk=crm_backend().lane.value).update(held=True, held_reason="a migration there")

    text = text_of(page.get(reverse("admin:crm_preview_of"), {"domain": "contoso.com"}))

    assert "Dynamics 365 is not called at the moment: a migration there" in text


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


def test_a_pass_tells_all_that_is_known_of_it_with_the_zone_of_its_times(page):
    run = CrmPull.objects.create(
        crm="dynamics365", state=CrmPull.State.FAILED, pages=2, seen=700, conflicts=1, error="It is gone.",
        finished_at=timezone.now(),
    )  # fmt: skip

    text = text_of(page.get(reverse("admin:crm_crmpull_change", args=[run.pk])))

    for words in ("what changed: 700 leads in 2 pages", "needs=you", "the schedule", " UTC", "It is gone."):
        assert words in text, words


def test_both_stand_in_the_navigation(rf):
    request = rf.get("/admin/")
    request.user = administrator()

    titles = {item["title"] for group in sidebar(request) for item in group["items"]}

    assert {"Mapping", "CRM changes"} <= titles


def test_a_check_of_a_stopped_service_says_so_at_once(page):
    Lane.objects.update_or_create(name="dynamics365", defaults={"held": True, "held_reason": "holiday"})

    text = page.post(reverse("admin:crm_provisionedpart_act", args=["check"]), follow=True).content.decode()

    assert "Dynamics 365 is not called at the moment: holiday" in text
    assert "Resume it under Set-up, Lanes" in text


def test_the_home_page_shows_a_pass_that_tells_something_and_no_other(page):
    for applied, conflicts in ((0, 0), (2, 1)):
        CrmPull.objects.create(
            crm="dynamics365", state=CrmPull.State.DONE, seen=7, applied=applied, conflicts=conflicts,
            finished_at=timezone.now(),
        )  # fmt: skip

    (shown,) = latest_runs()

    assert (shown.title, shown.words) == ("Changes in Dynamics 365", "7 read · 2 taken in · 1 to decide")
