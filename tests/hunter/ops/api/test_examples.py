"""Every example of the description is run: what it sends is taken, and what comes back has its form."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from crm.api.examples import CRM_RECORD, PERHAPS_THERE, REMAP, UNDECIDED
from crm.models import CrmRecord, CrmRemap
from hunter.ops.api.examples import ERROR, JOB
from hunter.remote import limits
from hunter.remote.lanes import LaneName
from hunter.sandbox.partner_center import authority
from hunter.work.models import ErrorRecord, Item
from leads.api.examples import ALERT, COMPANY, SCAN
from leads.api.import_examples import IMPORT
from leads.models import CompanyImport
from referrals.api.examples import REFERRAL_ID, SYNC_RUN
from referrals.api.link_examples import RELINK_RUN
from referrals.api.received_examples import DELIVERY, REFUSED
from referrals.models import RefusedReferral, RelinkRun, SyncRun, WebhookCertificate, WebhookDelivery
from referrals.services.linking import relink_referral
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import (
    AlertFactory,
    CompanyImportFactory,
    ImportRowFactory,
    ScanJobEntryFactory,
    ScanJobFactory,
    ScannedCompanyFactory,
)
from tests.factories.people import UserFactory, api_client
from tests.factories.referrals import ReferralFactory, partner_center_row

PERMISSIONS = (
    "leads.view_company", "leads.add_company", "leads.change_company", "leads.scan_company", "leads.view_scanjob",
    "leads.view_alert",
    "referrals.view_referral", "referrals.relink_referral", "referrals.view_syncrun", "referrals.start_syncrun",
    "crm.view_crmrecord", "crm.push_crmrecord", "crm.decide_crmrecord", "work.view_errorrecord", "work.retry_errorrecord",
    "work.dismiss_errorrecord", "work.view_item", "remote.view_lane", "remote.change_lane", "leads.export_company",
    "referrals.export_referral", "referrals.export_syncrun", "crm.export_crmrecord", "work.export_errorrecord",
    "leads.view_companyimport", "leads.start_companyimport", "referrals.view_relinkrun",
    "crm.view_crmremap", "crm.start_crmremap",
    "referrals.view_writeback", "referrals.decide_writeback", "referrals.view_refusedreferral",
    "referrals.retry_refusedreferral", "referrals.view_webhookdelivery", "referrals.retry_webhookdelivery",
    "referrals.view_previewedrow", "remote.view_signin",
)  # fmt: skip
IDS = {
    "scans": SCAN["id"], "sync-runs": SYNC_RUN["id"], "crm-records": CRM_RECORD["id"], "errors": ERROR["id"],
    "alerts": ALERT["id"], "jobs": JOB["id"], "imports": IMPORT["id"],
    "relinks": RELINK_RUN["id"], "refused-referrals": REFUSED["id"], "webhook-deliveries": DELIVERY["id"],
    "remaps": REMAP["id"],
}  # fmt: skip
NAMES = {"domain": COMPANY["domain"], "referral_id": REFERRAL_ID, "lane": "dns", "source": "partner-center"}

DRY_RUN = str(int(SYNC_RUN["id"]) + 1)
# They ask Partner Center: tests/pipelines/test_webhook_registration.py does so.
ASKS_OTHERS = frozenset({f"post /api/v1/webhook-registration/{act}" for act in ("", "look/", "test/")})

OPERATIONS = [
    pytest.param(method, path, operation, id=f"{method} {path}")
    for path, operations in SchemaGenerator().get_schema(public=True)["paths"].items()
    for method, operation in operations.items()
    if f"{method} {path}" not in ASKS_OTHERS
]


@pytest.fixture
def world(db: None, settings: Any) -> None:
    """One of each, under the names that the examples use."""
    settings.PARTNER_CENTER_ENABLED = settings.PARTNER_CENTER_WRITE_STATUS = True
    company = ScannedCompanyFactory(domain=COMPANY["domain"], name=COMPANY["name"])
    team = [{"firstName": "Anna", "lastName": "Berg", "email": "anna@contoso.com"}]
    row = partner_center_row(id=REFERRAL_ID, customerProfile={"name": "Contoso", "team": team})
    contact = {"first_name": "Anna", "last_name": "Berg", "email": "anna@contoso.com", "phone": ""}
    referral = ReferralFactory(
        referral_id=REFERRAL_ID, company=company, domain=company.domain, raw_data=row, contacts=[contact]
    )
    moved = relink_referral(referral, to=company, by=None, why="same group").move
    linked = RelinkRun.objects.create(
        pk=int(RELINK_RUN["id"]), target="domain", domain=company.domain, finished_at=timezone.now()
    )
    linked.entries.create(referral=referral, version=referral.version, state="changed", move=moved)
    RefusedReferral.objects.create(pk=int(REFUSED["id"]), **{one: REFUSED[one] for one in ("key", "reason", "field")})
    WebhookDelivery.objects.create(
        pk=int(DELIVERY["id"]), is_verified=True, settled_at=timezone.now(),
        **{one: DELIVERY[one] for one in ("source", "state", "event", "referral_id", "changed_at")},
    )  # fmt: skip
    SyncRun.objects.create(pk=int(SYNC_RUN["id"]), account="partner_center", mode="full")
    dry = SyncRun.objects.create(
        pk=int(DRY_RUN), account="partner_center", mode="full", state="dry_run", finished_at=timezone.now()
    )
    dry.previewed.create(would_be="created", key=REFERRAL_ID)
    both = {one["column"]: {side: one[side] for side in ("here", "there")} for one in UNDECIDED["undecided"]}
    CrmRecordFactory(pk=int(CRM_RECORD["id"]), company=company, in_step=True, undecided=both)
    CrmRemap.objects.create(pk=int(REMAP["id"]), crm="dynamics365", version=1)
    AlertFactory(pk=int(ALERT["id"]), company=company)
    ScanJobEntryFactory(job=ScanJobFactory(pk=int(SCAN["id"])), domain=company.domain)
    with connection.cursor() as cursor:  # a scan that is begun gets another number, however many other tests have begun
        cursor.execute(
            "select setval('leads_scanjob_id_seq', greatest(nextval('leads_scanjob_id_seq'), %s))", [SCAN["id"]]
        )
    shown = {name: ERROR[name] for name in ("kind", "key", "operation", "service", "error_class", "message", "field")}
    ErrorRecord.objects.create(pk=int(ERROR["id"]), **shown)
    Item.objects.create(pk=int(JOB["id"]), kind="scan", key=company.domain, lane="dns", due_at=JOB["due_at"])
    limits.ensure_lane(LaneName.DNS)
    run = CompanyImportFactory(pk=int(IMPORT["id"]))
    ImportRowFactory(company_import=run)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_an_example_does_what_it_says(method, path, operation, settings):
    settings.D365_ENABLED = path.endswith("/push/")
    client = api_client(*PERMISSIONS)
    address = address_of(path)
    headers = {}
    if any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
        headers["If-Match"] = client.get(row_address(address))["ETag"]

    if path.endswith(("/cancel/", "/resume/")):
        CompanyImport.objects.update(state="running" if path.endswith("/cancel/") else "stopped")
        SyncRun.objects.filter(pk=SYNC_RUN["id"]).update(state="running" if path.endswith("/cancel/") else "paused")
    if path.endswith(("/take-over/", "/keep-apart/")):
        CrmRecord.objects.update(state="review", ever_confirmed=False, look_alikes=PERHAPS_THERE["look_alikes"])
    form, given = request_example(operation)
    if "/webhooks/" in path:
        answer = signed_message(client, address, given, settings)
    else:
        answer = getattr(client, method)(address, given, format=form, headers=headers)

    status, example = answer_example(operation)
    assert answer.status_code == status, answer.content
    assert_same_form(json.loads(answer.content), example)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("path", sorted({str(param.values[1]) for param in OPERATIONS}))
def test_a_browser_shows_each_address_and_says_what_can_be_done_there(path):
    client = APIClient()
    client.force_login(UserFactory(is_superuser=True))

    page = client.get(address_of(path), headers={"accept": "text/html"})
    options = client.options(address_of(path))

    assert page.status_code in (200, 405)
    assert page["Content-Type"].startswith("text/html")
    assert options.status_code == 200


def signed_message(client: APIClient, address: str, given: Any, settings: Any) -> Any:
    """The message as Partner Center sends it, with a certificate that is known already."""
    body = json.dumps(given).encode()
    url = f"https://{settings.PARTNER_CENTER_CERTIFICATE_HOSTS[0]}/cert/{authority.GOOD}.cer"
    settings.PARTNER_CENTER_CERTIFICATE_ROOTS = authority.roots_pem()
    WebhookCertificate.objects.create(
        url=url, pem=(authority.certificate(authority.GOOD) or b"").decode(), fetched_at=timezone.now(),
        fresh_until=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    signature = base64.b64encode(authority.signature(body, algorithm="rsa-sha256")).decode()
    headers = {
        "x-ms-signature": f"Signature {signature}", "X-MS-Certificate-Url": url, "X-MS-Signature-Algorithm": "rsa-sha256",
    }  # fmt: skip
    return client.post(address, body, content_type="application/json", headers=headers)


def address_of(path: str) -> str:
    """The address of an operation, for the rows of the world."""
    key = DRY_RUN if path.endswith("/rows/") else IDS.get(path.split("/")[3])
    for name, value in (NAMES | {"id": key}).items():
        path = path.replace(f"{{{name}}}", str(value))
    return path


def row_address(address: str) -> str:
    return "/".join(address.split("/")[:5]) + "/"


def request_example(operation: dict[str, Any]) -> tuple[str, Any]:
    """In which form it is sent, and what; a file's place is taken by a list of companies."""
    forms = operation.get("requestBody", {}).get("content", {})
    examples = list(next(iter(forms.values())).get("examples", {}).values()) if forms else []
    given = examples[0]["value"] if examples else None
    if "multipart/form-data" in forms:
        return "multipart", (given or {}) | {"file": SimpleUploadedFile("Bursa.csv", b"Firma;Web\nAcme;acme.com\n")}
    return "json", given


def answer_example(operation: dict[str, Any]) -> tuple[int, Any]:
    status = next(status for status in operation["responses"] if status.startswith("2"))
    form = operation["responses"][status]["content"]["application/json"]
    return int(status), next(iter(form["examples"].values()))["value"]


def assert_same_form(value: Any, example: Any) -> None:
    """The same members; each of the same type, or null in one of the two."""
    assert value.keys() == example.keys()
    if "results" in example:
        assert value["results"]
        value, example = value["results"][0], example["results"][0]
        assert value.keys() == example.keys()
    for name, shown in example.items():
        if value[name] is not None and shown is not None:
            assert isinstance(value[name], type(shown)), name
