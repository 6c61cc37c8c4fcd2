"""A column that both sides changed, where the mapping says `winner = "hand"`: a person chooses, the rest goes on (R4.7)."""

from __future__ import annotations

import json
import re
import textwrap

import pytest
from django.test import Client
from django.urls import reverse

from crm.dynamics365.backend import MAPPINGS
from crm.models import CrmRecord
from crm.registry import crm_backend
from crm.services.conflicts import Keep, conflicts_of, decide
from crm.services.pulling import pull_crm_changes
from crm.services.pushing import push_due
from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.work.models import ErrorRecord
from leads.models import Company
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import administrator, staff
from tests.pipelines.test_push import leads_of
from tests.test_house import ROOT

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.proves("R4.7")]

DOMAIN = "contoso.com"
HOW_TO = ROOT / "docs/howto/change-the-mapping.md"
OURS, THEIRS = "+90 1", "+90 2"


def example_of_the_how_to():
    """The column that is decided by hand, as docs/howto/change-the-mapping.md shows it."""
    (example,) = re.findall(r"(?m)^    \[\[column\]\]\n(?:    .+\n)+", HOW_TO.read_text())
    return textwrap.dedent(example)


@pytest.fixture
def by_hand(dynamics, settings, tmp_path):
    """A company in step, its phone the matter of a person when both sides change it."""
    shipped, example = (MAPPINGS / "v1.toml").read_text(), example_of_the_how_to()
    begin = shipped.index('[[column]]\nname = "telephone1"')
    path = tmp_path / "by_hand.toml"
    path.write_text(shipped[:begin] + example + "\n" + shipped[shipped.index("[[column]]", begin + 1) :])
    settings.D365_MAPPING = str(path)
    ScannedCompanyFactory(domain=DOMAIN, phone="+90 0", score=10)
    push_due()
    pull()
    return dynamics


def pull():
    return pull_crm_changes(crm_backend(), full=False)


def change_there(sandbox, phone):
    sandbox.control.edit("dataverse", {"act": "change", "lead": DOMAIN, "columns": {"telephone1": phone}})


def change_here(**values):
    Company.objects.filter(domain=DOMAIN).update(**values)


def record():
    return CrmRecord.objects.get(company__domain=DOMAIN)


def phones(sandbox):
    """Hunter's, and the CRM's."""
    return Company.objects.get(domain=DOMAIN).phone, leads_of(sandbox, DOMAIN)[0]["telephone1"]


@pytest.fixture
def both(by_hand):
    """Both sides changed the phone, and the pull has seen it."""
    change_there(by_hand, THEIRS)
    change_here(phone=OURS)
    pull()
    return by_hand


def the_conflict():
    (conflict,) = conflicts_of(record())
    return {"column": conflict.column, "conflict": conflict.conflict}


def open_errors():
    return ErrorRecord.objects.unsettled().filter(kind="conflict_dynamics365")


def test_it_is_an_error_with_both_values_and_neither_side_is_written_over(both):
    (shown,) = conflicts_of(record())
    error = open_errors().get()

    push_due()

    assert (shown.column, shown.here, shown.there) == ("telephone1", OURS, THEIRS)
    assert (error.key, error.error_class, error.field) == (DOMAIN, "conflict", "telephone1")
    assert OURS not in error.message + json.dumps(error.context)
    assert phones(both) == (OURS, THEIRS)


def test_all_other_columns_are_pushed_meanwhile(both):
    change_here(score=77)

    report = push_due()

    assert report.updated == 1
    assert leads_of(both, DOMAIN)[0]["hnt_finalscore"] == 77
    assert phones(both) == (OURS, THEIRS)
    assert record().has_conflict


def test_a_change_of_the_crm_alone_comes_in_and_asks_nobody(by_hand):
    change_there(by_hand, THEIRS)

    pull()

    assert phones(by_hand) == (THEIRS, THEIRS)
    assert not record().has_conflict


def test_it_is_found_by_a_push_that_comes_before_the_pull(by_hand):
    change_there(by_hand, THEIRS)
    change_here(phone=OURS)

    push_due()

    assert open_errors().count() == 1
    assert phones(by_hand) == (OURS, THEIRS)


def test_keep_ours_pushes_hunters_value(both):
    decide(record(), **the_conflict(), keep=Keep.HERE, by=administrator("ayse"))

    push_due()

    assert phones(both) == (OURS, OURS)
    assert (record().has_conflict, open_errors().count()) == (False, 0)
    assert AuditEntry.objects.filter(act="keep the value here", by__username="ayse").count() == 1


def test_take_theirs_brings_it_into_the_company_and_makes_no_push_due(both):
    decide(record(), **the_conflict(), keep=Keep.THERE, by=administrator("ayse"))

    report = push_due()

    assert phones(both) == (THEIRS, THEIRS)
    assert (report.due, record().has_conflict, open_errors().count()) == (0, False, 0)


def test_a_value_that_moved_meanwhile_makes_the_click_stale(both):
    old, old_error = the_conflict(), open_errors().get()
    change_there(both, "+90 3")
    pull()

    with pytest.raises(HunterError, match="changed since you looked"):
        decide(record(), **old, keep=Keep.HERE, by=None)

    assert phones(both) == (OURS, "+90 3")
    assert open_errors().get().pk != old_error.pk, "another question is another error"


def test_a_second_click_is_refused(both):
    conflict = the_conflict()
    decide(record(), **conflict, keep=Keep.THERE, by=None)

    with pytest.raises(HunterError, match="waits for no choice any more"):
        decide(record(), **conflict, keep=Keep.HERE, by=None)


def test_it_settles_itself_when_both_sides_come_to_agree(both):
    change_here(phone=THEIRS)

    push_due()

    assert (record().has_conflict, open_errors().count()) == (False, 0)


def test_the_two_buttons_stand_on_the_error_the_company_and_the_lead(both):
    client = Client()
    client.force_login(administrator("ayse"))
    row, error = record(), open_errors().get()

    for name, pk in (
        ("work_errorrecord", error.pk),
        ("leads_company", row.company_id),
        ("crm_crmrecord", row.pk),
    ):
        text = client.get(reverse(f"admin:{name}_change", args=[pk])).content.decode()
        assert "Keep ours" in text, name
        assert "Take theirs" in text, name
        assert OURS in text, name
        assert THEIRS in text, name


def test_a_click_is_a_post_and_needs_its_permission(both):
    row, address = record(), reverse("admin:crm_crmrecord_act", args=["keep_there"])
    click = {"id": row.pk, "confirmed": "1", "next": "/admin/"} | the_conflict()
    reader, decider = Client(), Client()
    reader.force_login(staff("crm.view_crmrecord"))
    decider.force_login(administrator("ayse"))

    assert reader.post(address, click).status_code == 403
    decider.get(address, click)
    assert phones(both)[0] == OURS, "nothing changes by GET"
    decider.post(address, click)
    assert phones(both)[0] == THEIRS


def test_the_api_shows_it_and_takes_the_choice_once(both):
    client = Client()
    client.force_login(administrator("ayse"))
    address = f"/api/v1/crm-records/{record().pk}/"

    (shown,) = client.get(address).json()["undecided"]
    choice = {"column": shown["column"], "conflict": shown["conflict"], "keep": "here"}
    first = client.post(f"{address}decide/", choice, content_type="application/json")
    again = client.post(f"{address}decide/", choice, content_type="application/json")

    assert (shown["here"], shown["there"]) == (OURS, THEIRS)
    assert (first.status_code, first.json()["undecided"]) == (200, [])
    assert (again.status_code, again.json()["type"]) == (409, "urn:hunter:problem:refused")
