"""A program on the CRM's addresses, over real HTTP with a key that Hunter made: dry run, push, choice, move (C6)."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import requests
from django.core.management import call_command

from crm.dynamics365.backend import MAPPINGS
from crm.registry import crm_backend
from crm.services.pulling import pull_crm_changes
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.models import Item
from leads.models import Company
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import user_with
from tests.pipelines.test_push import leads_of
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.proves("C6")]

DOMAINS = ("contoso.com", "fabrikam.com", "northwind.com")
MAY = (
    "crm.view_crmrecord", "crm.push_crmrecord", "crm.decide_crmrecord", "crm.view_crmremap", "crm.start_crmremap",
    "work.view_item",
)  # fmt: skip


class Program:
    """What an importer of somebody's would be: a session of requests with its key, and the addresses that it is told."""

    def __init__(self, site, key):
        self._site = site
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Token {key}"

    def get(self, address, **params):
        return self._asked("GET", address, params=params)

    def post(self, address, **given):
        return self._asked("POST", address, json=given)

    def walk(self, address, **params):
        """All rows of a list, page by page."""
        page = self.get(address, **params).json()
        rows = page["results"]
        while page["next"]:
            page = self.get(page["next"]).json()
            rows += page["results"]
        return rows

    def close(self):
        self._session.close()

    def _asked(self, method, address, **sent):
        url = address if address.startswith("http") else f"{self._site}/api/v1/{address}"
        return self._session.request(method, url, timeout=PATIENCE, **sent)


@pytest.fixture
def in_force(dynamics, settings, tmp_path):
    """Puts a mapping of that number in force: the first one, in which a person settles the phone; changed as said."""

    def put(version, *, prefix="Hunter: "):
        text = (MAPPINGS / "v1.toml").read_text().replace("\nversion = 1\n", f"\nversion = {version}\n")
        first, name, rest = text.partition('name = "telephone1"')
        path = tmp_path / f"v{version}.toml"
        path.write_text(
            first.replace("Hunter: ", prefix, 1) + name + rest.replace('winner = "newer"', 'winner = "hand"', 1)
        )
        settings.D365_MAPPING = str(path)

    return put


@pytest.fixture
def program(in_force, live_server):
    in_force(1)
    user = user_with(*MAY)
    said = io.StringIO()
    call_command("drf_create_token", user.username, stdout=said)
    client = Program(live_server.url, said.getvalue().split()[2])
    yield client
    client.close()


def work_on():
    """The workers, until nothing of it is left to do."""
    Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE)).run()
    Drainer(LaneName.DYNAMICS365, budget=timedelta(seconds=PATIENCE)).run()
    Item.objects.filter(kind="remap_leads", due_at__isnull=False).update(due_at="2026-01-01T00:00Z")
    Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE)).run()


def push_all(program):
    """Each by its own request; the addresses that the answers name."""
    answers = [program.post(f"companies/{domain}/push/") for domain in DOMAINS]
    work_on()
    return [answer.headers["Location"] for answer in answers]


def test_a_program_sees_what_is_due_pushes_it_and_sees_that_it_is_done(program, dynamics):
    for domain in DOMAINS:
        ScannedCompanyFactory(domain=domain)

    due = program.walk("due-pushes/", page_size=2)
    one = program.get("companies/contoso.com/payload/").json()
    jobs = [program.get(address).json() for address in push_all(program)]
    records = program.walk("crm-records/", page_size=2)

    assert [(row["domain"], row["is_new"]) for row in due] == [(domain, True) for domain in DOMAINS]
    assert due[0]["difference"] == one["difference"]
    assert one["payload"]["hnt_domain"] == "contoso.com"
    assert {job["state"] for job in jobs} == {"done"}
    assert {(row["domain"], row["state"], row["last_result"]) for row in records} == {
        (domain, "synced", "created") for domain in DOMAINS
    }
    assert len(leads_of(dynamics, *DOMAINS)) == len(DOMAINS)
    assert program.walk("due-pushes/") == []


def test_a_program_chooses_whose_value_holds(program, dynamics):
    for domain in DOMAINS:
        ScannedCompanyFactory(domain=domain, phone="+90 0")
    push_all(program)
    pull_crm_changes(crm_backend(), full=False)
    columns = {"telephone1": "+90 2"}
    dynamics.control.edit("dataverse", {"act": "change", "lead": "contoso.com", "columns": columns})
    Company.objects.filter(domain="contoso.com").update(phone="+90 1")
    pull_crm_changes(crm_backend(), full=False)

    (record,) = program.walk("crm-records/", has_conflict="true")
    (choice,) = record["undecided"]
    address = f"crm-records/{record['id']}/decide/"
    chosen = program.post(address, column=choice["column"], conflict=choice["conflict"], keep="here")
    late = program.post(address, column=choice["column"], conflict=choice["conflict"], keep="there")
    push_all(program)

    assert (choice["here"], choice["there"]) == ("+90 1", "+90 2")
    assert (chosen.status_code, chosen.json()["undecided"]) == (200, [])
    assert (late.status_code, late.headers["Content-Type"]) == (409, "application/problem+json")
    assert leads_of(dynamics, "contoso.com")[0]["telephone1"] == "+90 1"


@pytest.mark.proves("R4.8")
def test_a_program_moves_all_leads_to_the_mapping_in_force(program, dynamics, in_force):
    for domain in DOMAINS:
        ScannedCompanyFactory(domain=domain)
    push_all(program)
    early = program.post("remaps/", to=2)
    in_force(2, prefix="Lead: ")
    would = program.walk("remaps/dry-run/", to=2, page_size=2)

    begun = program.post("remaps/", to=2)
    before = program.get(begun.json()["look_at"]).json()
    work_on()
    after = program.get(begun.json()["look_at"]).json()

    assert (early.status_code, early.json()["field"]) == (422, "to")
    assert [(row["domain"], row["difference"][0]["here"]) for row in would] == [
        (domain, f"Lead: {domain}") for domain in DOMAINS
    ]
    assert (begun.status_code, before["state"], before["total"], before["moved"]) == (202, "running", 3, 0)
    assert (after["state"], after["moved"], after["stayed"]) == ("done", 3, 0)
    assert {lead["subject"] for lead in leads_of(dynamics, *DOMAINS)} == {f"Lead: {domain}" for domain in DOMAINS}
    assert {row["mapping_version"] for row in program.walk("crm-records/")} == {2}


def test_a_program_without_the_permission_reads_and_changes_nothing(in_force, live_server):
    in_force(1)
    ScannedCompanyFactory(domain="contoso.com")
    said = io.StringIO()
    call_command("drf_create_token", user_with("crm.view_crmrecord").username, stdout=said)
    reader = Program(live_server.url, said.getvalue().split()[2])
    stranger = Program(live_server.url, "0" * 40)

    read = reader.get("due-pushes/")
    refused = [reader.post("companies/contoso.com/push/"), reader.post("remaps/", to=1), reader.get("remaps/")]
    unknown = stranger.get("due-pushes/")
    reader.close()
    stranger.close()

    assert (read.status_code, [one.status_code for one in refused], unknown.status_code) == (200, [403] * 3, 401)
    assert not Item.objects.exists()
