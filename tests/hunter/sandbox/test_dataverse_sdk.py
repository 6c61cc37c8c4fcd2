"""Microsoft's own client for Python works against the simulated Dataverse, so that it is not only what ours expects."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.upsert import UpsertItem
from requests.adapters import HTTPAdapter

from hunter.sandbox.running import RunningSandbox
from tests.hunter.sandbox.callers import as_application

ORG = "https://hnt-demo.crm4.dynamics.com"  # the client takes no other scheme
LEAD = "lead"


class ToTheSandbox(HTTPAdapter):
    """Takes what is meant for the environment's host to the sandbox, and brings its addresses back."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def send(self, request, **more):  # type: ignore[override]  # handed through as it comes
        request.url = request.url.replace(ORG, self.base)
        if isinstance(request.body, str):
            request.body = request.body.encode()
        if request.body:
            request.body = request.body.replace(ORG.encode(), self.base.encode())
            request.headers["Content-Length"] = str(len(request.body))
        answer = super().send(request, **{**more, "verify": False})
        answer._content = answer.content.replace(self.base.encode(), ORG.encode())
        for name in ("OData-EntityId", "Location"):
            if name in answer.headers:
                answer.headers[name] = answer.headers[name].replace(self.base, ORG)
        return answer


class SandboxCredential:
    """An application's token, as azure-identity would fetch it."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox

    def get_token(self, *scopes: str, **more: object) -> AccessToken:
        assert scopes == (f"{ORG}/.default",)
        answer = as_application(self.sandbox).json()
        return AccessToken(answer["access_token"], int(time.time()) + answer["expires_in"])


@pytest.fixture
def sdk(sandbox) -> Iterator[DataverseClient]:
    with DataverseClient(ORG, SandboxCredential(sandbox)) as client:
        session = requests.Session()
        session.trust_env = False
        session.mount(ORG, ToTheSandbox(sandbox.env["D365_URL"]))
        client._session = session
        yield client


def test_it_creates_and_reads_a_lead(sdk):
    lead_id = sdk.records.create(LEAD, {"subject": "Contoso", "hnt_domain": "sdk.example", "hnt_finalscore": 74})

    lead = sdk.records.retrieve(LEAD, lead_id, select=["subject", "hnt_finalscore"])
    assert (lead["subject"], lead["hnt_finalscore"]) == ("Contoso", 74)


def test_it_creates_several_at_once(sdk):
    ids = sdk.records.create(LEAD, [{"subject": "A"}, {"subject": "B"}])

    assert [sdk.records.retrieve(LEAD, one)["subject"] for one in ids] == ["A", "B"]


def test_it_updates_one_and_several(sdk):
    first, second = sdk.records.create(LEAD, [{"subject": "A"}, {"subject": "B"}])

    sdk.records.update(LEAD, first, {"hnt_finalscore": 12})
    sdk.records.update(LEAD, [first, second], [{"subject": "C"}, {"subject": "D"}])

    assert sdk.records.retrieve(LEAD, first)["hnt_finalscore"] == 12
    assert [sdk.records.retrieve(LEAD, one)["subject"] for one in (first, second)] == ["C", "D"]


def test_it_upserts_by_the_alternate_key(sdk):
    items = [UpsertItem({"hnt_domain": f"{name}.sdk.example"}, {"subject": name}) for name in ("a", "b")]

    for _ in range(2):
        sdk.records.upsert(LEAD, items)

    found = sdk.records.list(LEAD, filter="endswith(hnt_domain,'.sdk.example')", select=["subject"])
    assert sorted(row["subject"] for row in found) == ["a", "b"]


def test_one_upsert_is_a_keyed_patch(sdk):
    sdk.records.upsert(LEAD, [UpsertItem({"hnt_domain": "one.sdk.example"}, {"subject": "once"})])

    assert len(sdk.records.list(LEAD, filter="hnt_domain eq 'one.sdk.example'")) == 1


def test_it_queries_page_by_page(sdk):
    sdk.records.create(LEAD, [{"subject": "paged"}] * 5)

    pages = list(sdk.records.list_pages(LEAD, filter="subject eq 'paged'", select=["subject"], page_size=2))

    assert [len(page) for page in pages] == [2, 2, 1]


def test_it_sends_a_batch_and_reads_each_answer(sdk):
    batch = sdk.batch.new()
    batch.records.create(LEAD, {"subject": "batched"})
    batch.records.create(LEAD, {"subject": "x" * 301})
    batch.records.list(LEAD, filter="subject eq 'batched'")

    result = batch.execute(continue_on_error=True)

    assert [one.status_code for one in result.responses] == [204, 400, 200]


def test_a_change_set_of_a_batch_is_all_or_nothing(sdk):
    batch = sdk.batch.new()
    with batch.changeset() as changes:
        changes.records.create(LEAD, {"subject": "undone"})
        changes.records.create(LEAD, {"subject": "x" * 301})

    batch.execute(continue_on_error=True)

    assert len(sdk.records.list(LEAD, filter="subject eq 'undone'")) == 0


def test_it_deletes(sdk):
    lead_id = sdk.records.create(LEAD, {"subject": "gone"})

    sdk.records.delete(LEAD, lead_id)

    with pytest.raises(HttpError) as refused:
        sdk.records.update(LEAD, lead_id, {"subject": "back"})
    assert refused.value.status_code == 404


def test_it_reads_the_table_and_its_columns(sdk):
    table = sdk.tables.get(LEAD)
    columns = sdk.tables.list_columns(LEAD, select=["LogicalName", "AttributeType"])

    assert table["entity_set_name"] == "leads"
    assert {"hnt_domain", "subject"} <= {column["LogicalName"] for column in columns}


def test_it_adds_and_removes_a_column(sdk):
    sdk.tables.add_columns(LEAD, {"hnt_sdknote": "string", "hnt_sdkcount": "int"})
    lead_id = sdk.records.create(LEAD, {"subject": "noted", "hnt_sdknote": "kept", "hnt_sdkcount": 3})

    assert sdk.records.retrieve(LEAD, lead_id)["hnt_sdknote"] == "kept"
    sdk.tables.remove_columns(LEAD, ["hnt_sdknote", "hnt_sdkcount"])
    assert sdk.tables.get_column(LEAD, "hnt_sdknote") is None


def test_it_reads_alternate_keys_and_makes_one(sdk):
    assert [key.schema_name for key in sdk.tables.get_alternate_keys(LEAD)] == ["hnt_domain_key"]

    made = sdk.tables.create_alternate_key(LEAD, "hnt_lead_key", ["hnt_d365leadid"])
    statuses = {key.schema_name: key.status for key in sdk.tables.get_alternate_keys(LEAD)}
    sdk.tables.delete_alternate_key(LEAD, made.metadata_id)

    assert statuses == {"hnt_domain_key": "Active", "hnt_lead_key": "Active"}
    assert len(sdk.tables.get_alternate_keys(LEAD)) == 1
