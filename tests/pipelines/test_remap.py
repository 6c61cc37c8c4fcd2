"""Leads moved to another version of the mapping: through the ledger, resumable, and no call where nothing differs (R4.8)."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.dynamics365.backend import MAPPINGS, mapping_version
from crm.mapping.loading import MappingError
from crm.models import CrmRecord, CrmRemap
from crm.push.record import LeadState
from crm.registry import crm_backend
from crm.services.intents import hash_of
from crm.services.pushing import push_due
from crm.services.remapping import begun_words, start_remap
from crm.services.trying_moves import move_page
from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.models import Item
from leads.models import Company
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import administrator, api_client, staff
from tests.pipelines.test_push import calls_to, leads_of
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.proves("R4.8")]

V1 = (MAPPINGS / "v1.toml").read_text()
NEW_SUBJECT = ('prefix = "Hunter: "', 'prefix = "Lead: "')
DOMAINS = ("contoso.com", "fabrikam.com", "northwind.com")


def mapping_text(version, *changes):
    """The mapping that Hunter comes with, under another number and changed so."""
    text = V1.replace("\nversion = 1\n", f"\nversion = {version}\n")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


@pytest.fixture
def in_force(dynamics, settings, tmp_path):
    """Puts a mapping of that number in force: the first one, changed as said."""

    def put(version, *changes):
        path = tmp_path / f"v{version}.toml"
        path.write_text(mapping_text(version, *changes))
        settings.D365_MAPPING = str(path)
        return path

    return put


@pytest.fixture
def pushed(dynamics, in_force):
    in_force(1)
    for domain in DOMAINS:
        ScannedCompanyFactory(domain=domain)
    push_due()
    return dynamics


def command(*arguments):
    out = io.StringIO()
    call_command("remap_leads", *arguments, "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def work_on():
    """The workers, until nothing of it is left to do."""
    Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE)).run()
    Drainer(LaneName.DYNAMICS365, budget=timedelta(seconds=PATIENCE)).run()
    Item.objects.filter(kind="remap_leads", due_at__isnull=False).update(due_at="2026-01-01T00:00Z")
    Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE)).run()


def versions():
    return set(CrmRecord.objects.values_list("mapping_version", flat=True))


def test_each_lead_knows_its_mapping_and_the_hash_of_what_was_confirmed(pushed):
    rows = CrmRecord.objects.all()

    assert versions() == {1}
    assert {row.payload_hash for row in rows} == {hash_of(row.confirmed or {}) for row in rows}


def test_one_command_moves_all_leads_and_writes_what_differs(pushed, in_force):
    in_force(2, NEW_SUBJECT)

    told = command("--to", "2")
    work_on()

    assert told == {"due": 3, "queued": 3}
    assert versions() == {2}
    assert {lead["subject"] for lead in leads_of(pushed, *DOMAINS)} == {f"Lead: {domain}" for domain in DOMAINS}
    run = CrmRemap.objects.get()
    assert (run.total, run.queued, run.stayed, run.finished_at is not None) == (3, 3, 0, True)


def test_a_lead_that_is_as_the_new_mapping_wants_it_is_moved_without_a_call(pushed, in_force):
    in_force(2)
    before = len(calls_to(pushed, "PATCH"))

    command("--to", "v2")
    work_on()

    assert versions() == {2}
    assert len(calls_to(pushed, "PATCH")) == before


def test_a_dry_run_of_a_version_that_is_not_in_force_says_what_would_be_written(pushed, in_force, settings):
    first = settings.D365_MAPPING
    begin = V1.index('[[column]]\nname = "hnt_provider"')
    column = V1[begin : V1.index("[[column]]", begin + 1)]
    in_force(2, NEW_SUBJECT, (column, ""))
    settings.D365_MAPPING = first

    told = command("--to", "2", "--dry-run")

    assert told == {"due": 3, "queued": 0, "differing": 3, "columns": {"subject": 3}, "dropped": ["hnt_provider"]}
    assert not CrmRemap.objects.exists()
    assert not Item.objects.filter(kind="remap_leads").exists()
    assert versions() == {1}


@pytest.fixture
def second_mapping(pushed, in_force, settings):
    """Another subject and one column less, not in force."""
    first = settings.D365_MAPPING
    begin = V1.index('[[column]]\nname = "hnt_provider"')
    in_force(2, NEW_SUBJECT, (V1[begin : V1.index("[[column]]", begin + 1)], ""))
    settings.D365_MAPPING = first


def walked(**params):
    """All pages of the API's dry run."""
    client, pages = api_client("crm.view_crmrecord"), []
    answer = client.get("/api/v1/remaps/dry-run/", params)
    while True:
        assert answer.status_code == 200, answer.content
        pages.append(answer.json())
        if pages[-1]["next"] is None:
            return pages
        answer = client.get(pages[-1]["next"])


@pytest.mark.usefixtures("second_mapping")
def test_the_api_tells_lead_by_lead_what_a_move_would_write_page_by_page(pushed):
    before = leads_of(pushed, *DOMAINS)

    pages = walked(to=2, page_size=2)

    met = [one for page in pages for one in page["results"]]
    assert [one["domain"] for one in met] == list(DOMAINS)
    assert all(len(page["results"]) <= 2 for page in pages)
    assert {(page["due"], *page["dropped"]) for page in pages} == {(3, "hnt_provider")}
    assert [(one["column"], one["there"], one["here"]) for one in met[0]["difference"]] == [
        ("subject", "Hunter: contoso.com", "Lead: contoso.com")
    ]
    assert leads_of(pushed, *DOMAINS) == before
    assert versions() == {1}
    assert not Item.objects.filter(kind="remap_leads").exists()


def test_the_api_names_no_lead_that_a_move_would_not_write(pushed, in_force):
    in_force(2)

    (page,) = walked()

    assert (page["due"], page["results"]) == (3, [])


@pytest.mark.usefixtures("second_mapping")
def test_a_page_of_leads_that_a_move_would_write_ends_where_enough_were_compared():
    first = move_page(crm_backend(), version=2, after=0, limit=50, most=1)
    rest = move_page(crm_backend(), version=2, after=first.next or 0, limit=50, most=1)

    assert (len(first.leads), rest.leads, rest.next) == (3, (), None)


@pytest.mark.usefixtures("second_mapping")
def test_what_the_api_tells_of_a_move_is_what_the_command_counts():
    met = [one for page in walked(to=2, page_size=1) for one in page["results"]]

    told = command("--to", "2", "--dry-run")

    assert (told["differing"], told["columns"]) == (len(met), {"subject": len(met)}) == (3, {"subject": 3})


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        pytest.param("to=9", 422, "to", id="a version that there is none of"),
        pytest.param("to=0", 400, "to", id="no version"),
        pytest.param("to=two", 400, "to", id="no number"),
        pytest.param("to=1&crm=sap", 422, "crm", id="a CRM that is not pushed to"),
        pytest.param("to=1&page_size=201", 400, "page_size", id="too large a page"),
        pytest.param("version=1", 400, "version", id="a misspelt parameter"),
    ],
)
def test_a_dry_run_over_the_api_says_what_is_wrong_with_its_question(query, status, field, in_force):
    in_force(1)

    answer = api_client("crm.view_crmrecord").get(f"/api/v1/remaps/dry-run/?{query}")

    assert (answer.status_code, answer.json()["field"]) == (status, field)


def test_who_may_see_moves_and_no_leads_is_not_told_what_a_move_would_write(in_force):
    in_force(1)

    assert api_client("crm.view_crmremap", "crm.start_crmremap").get("/api/v1/remaps/dry-run/").status_code == 403


def test_a_page_of_a_dry_run_takes_as_many_queries_for_three_leads_as_for_one(pushed, in_force):
    in_force(2, NEW_SUBJECT)
    move_page(crm_backend(), version=2, after=0, limit=1)  # the CRM's columns are read once

    counts = []
    for limit in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            move_page(crm_backend(), version=2, after=0, limit=limit)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_leads_go_to_no_mapping_that_is_not_in_force(pushed, in_force, settings):
    first = settings.D365_MAPPING
    in_force(2)
    settings.D365_MAPPING = first

    with pytest.raises(HunterError, match=r"Mapping v1 is in force\. Put v2 in force first"):
        start_remap(crm_backend(), version=2, by=None)
    with pytest.raises(HunterError, match=r"There is no mapping v9.toml"):
        start_remap(crm_backend(), version=9, by=None)


def test_old_versions_stay_loadable(in_force):
    in_force(2)

    assert (mapping_version(1).version, mapping_version(2).version) == (1, 2)


def test_a_file_with_another_number_than_its_own_is_refused(in_force):
    in_force(2).with_name("v3.toml").write_text(mapping_text(4))

    with pytest.raises(MappingError, match=r"v3.toml, line \d+, key version: v3.toml says version = 4"):
        mapping_version(3)


def test_what_rests_and_what_is_skip_stays(pushed, in_force):
    CrmRecord.objects.filter(company__domain=DOMAINS[0]).update(state=LeadState.CLOSED)
    Company.objects.filter(domain=DOMAINS[1]).update(segment="Skip")
    in_force(2)

    told = command("--to", "2")
    work_on()

    assert told["due"] == 1
    assert versions() == {1, 2}


def test_a_lead_whose_push_is_given_up_has_stayed_and_ends_the_run(pushed, in_force):
    in_force(2, NEW_SUBJECT)
    pushed.control.add_fault(service="dataverse", operation="update", fault="status", status=400, times=1)

    command("--to", "2")
    work_on()

    run = CrmRemap.objects.get()
    assert (run.stayed, run.finished_at is not None) == (1, True)


def test_a_third_mapping_put_in_force_meanwhile_is_where_the_leads_go(pushed, in_force):
    in_force(2)
    start_remap(crm_backend(), version=2, by=None)
    in_force(3)

    work_on()

    assert versions() == {3}
    assert CrmRemap.objects.get().version == 3


def test_a_click_starts_it_says_its_size_first_and_is_in_the_log(pushed, in_force):
    in_force(2)
    client = Client()
    client.force_login(administrator("ayse"))
    address = reverse("admin:crm_crmremap_act", args=["move_leads"])

    asked = client.get(address).content.decode()
    told = client.post(address, {"confirmed": "1"}, follow=True).content.decode()

    assert "3 leads were confirmed with another mapping than v2" in asked
    assert "3 leads are moved to mapping v2." in told
    assert AuditEntry.objects.filter(act="move leads to a mapping", by__username="ayse").exists()
    work_on()
    assert "3 of 3" in client.get(reverse("admin:crm_crmremap_changelist")).content.decode()


def test_one_lead_is_told_as_one(pushed, in_force):
    CrmRecord.objects.exclude(company__domain=DOMAINS[0]).update(mapping_version=2)
    in_force(2)

    run = start_remap(crm_backend(), version=2, by=None)

    assert begun_words(run) == "1 lead is moved to mapping v2."


def test_a_click_needs_its_permission(pushed):
    client = Client()
    client.force_login(staff("crm.view_crmremap"))

    assert client.post(reverse("admin:crm_crmremap_act", args=["move_leads"])).status_code == 403


def test_the_api_starts_it_and_tells_how_far_it_is(pushed, in_force):
    in_force(2)
    client = api_client("crm.view_crmremap", "crm.start_crmremap")

    refused = client.post("/api/v1/remaps/", {"to": 1}, format="json")
    nowhere = client.post("/api/v1/remaps/", {"to": 99}, format="json")
    started = client.post("/api/v1/remaps/", {"to": 2}, format="json")
    under_way = client.get(started["Location"]).json()
    work_on()
    done = client.get(started["Location"]).json()

    assert refused.status_code == 422
    assert (nowhere.status_code, nowhere.json()["field"]) == (422, "to")
    assert (under_way["state"], under_way["moved"]) == ("running", 0)
    assert (done["state"], done["moved"], done["total"]) == ("done", 3, 3)


def test_the_admin_tells_what_a_move_would_write_also_to_a_version_that_is_not_in_force(pushed, in_force, tmp_path):
    (tmp_path / "v2.toml").write_text(mapping_text(2, NEW_SUBJECT))
    client, before = Client(), leads_of(pushed)
    client.force_login(administrator("ayse"))
    address = reverse("admin:crm_move")

    page = client.get(address).content.decode()
    piece = client.get(address, {"after": "0", "to": "2"}).content.decode()
    unknown = client.get(address, {"after": "0", "to": "9"}).content.decode()

    assert "mapping v1 is in force, and every lead was confirmed with it" in page
    assert all(f"Lead: {domain}" in piece for domain in DOMAINS)
    assert "of 3 leads with another mapping 3 would be written" in piece
    assert "v9" in unknown
    assert (leads_of(pushed), Item.objects.filter(due_at__isnull=False).exists()) == (before, False)


def test_what_a_move_would_write_is_for_those_who_may_see_leads(db):
    client = Client()
    client.force_login(staff("crm.view_crmremap"))

    assert client.get(reverse("admin:crm_move")).status_code == 403
