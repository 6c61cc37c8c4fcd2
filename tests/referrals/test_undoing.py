"""What a person did with a link is taken back, the automatic state too, unless somebody acted since (R3.3)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from hunter.audit.models import AuditEntry
from hunter.work.models import Item
from leads.models import Company
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.models import LinkMove, Referral
from referrals.services.ingesting import ingest_page
from referrals.services.linking import LinkResult, create_company_from_referral, relink_referral, unlink_referral
from referrals.services.undoing import UndoRefused, last_move, undo_move
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.factories.people import UserFactory
from tests.factories.referrals import partner_center_row

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R3.3")]


def row(*mails: str, updated: str = "2026-05-05T10:11:12Z") -> dict[str, Any]:
    customer = {"name": "Contoso Ltd", "team": [{"email": mail} for mail in mails]}
    return partner_center_row(id="r-1", updatedDateTime=updated, customerProfile=customer)


def synced(*mails: str, **changes: Any) -> Referral:
    with transaction.atomic():
        ingest_page([row(*mails, **changes)], consumer_domains=frozenset({"gmail.com"}))
    return Referral.objects.get(referral_id="r-1")


def undone(done: LinkResult) -> LinkResult:
    assert done.move is not None
    return undo_move(done.move, by=None)


def state(referral: Referral) -> tuple[Any, ...]:
    referral = Referral.objects.select_related("company").get(pk=referral.pk)
    domain = referral.company.domain if referral.company else None
    return domain, referral.link_status, referral.link_origin, referral.linked_by, referral.candidates


@pytest.mark.parametrize("mails", [
    pytest.param(["a@contoso.example"], id="linked by its domain"),
    pytest.param(["a@contoso.example", "b@second.example"], id="with several candidates"),
    pytest.param(["a@gmail.com"], id="without a company"),
])  # fmt: skip
@pytest.mark.parametrize("act", ["link", "create", "leave"])
def test_every_act_is_undone_from_every_automatic_state(mails, act):
    ayse, referral = UserFactory(username="ayse"), synced(*mails)
    before = state(referral)
    if act == "link":
        done = relink_referral(referral, to=CompanyFactory(domain="fabrikam.example"), by=ayse)
    elif act == "create":
        done = create_company_from_referral(referral, domain="new.example", by=ayse)
    else:
        done = unlink_referral(referral, by=ayse)
    assert done.move is not None

    result = undo_move(done.move, by=ayse, why="a slip")

    assert state(referral) == before
    assert result.change == "undone"
    assert result.sentence().startswith("Undone: r-1")
    assert [entry.act for entry in AuditEntry.objects.order_by("pk")][-1] == "undo relink"
    assert AuditEntry.objects.latest("pk").why == "a slip"


def test_a_company_made_by_the_undone_act_does_not_draw_the_referral_to_it():
    referral = synced("a@contoso.example", "b@second.example")
    done = create_company_from_referral(referral, by=None)  # contoso.example: one of its candidates

    undone(done)

    assert state(referral)[:2] == (None, LinkStatus.MULTI_CANDIDATE)
    assert Company.objects.filter(domain="contoso.example").exists()


def test_an_undo_brings_back_what_another_person_had_decided():
    ayse, referral = UserFactory(username="ayse"), synced("a@contoso.example")
    relink_referral(referral, to=CompanyFactory(domain="fabrikam.example"), by=ayse)
    referral.refresh_from_db()
    done = unlink_referral(referral, by=UserFactory(username="maria"))

    undone(done)

    assert state(referral) == ("fabrikam.example", "linked", "person", ayse, [])


def test_an_undo_is_refused_when_somebody_acted_since():
    referral = synced("a@contoso.example")
    first = relink_referral(referral, to=CompanyFactory(domain="fabrikam.example"), by=None)
    unlink_referral(referral, by=UserFactory(username="maria"))
    before = state(referral)

    with pytest.raises(UndoRefused, match="maria"):
        undone(first)

    assert state(referral) == before


def test_an_undo_is_done_once():
    referral = synced("a@contoso.example")
    done = unlink_referral(referral, by=None)
    undone(done)

    with pytest.raises(UndoRefused):
        undone(done)

    assert last_move(referral) is None


def test_an_undo_does_not_stumble_over_what_a_sync_wrote_since():
    referral = synced("a@contoso.example")
    done = unlink_referral(referral, by=None)
    changed = synced("a@contoso.example", "p@gmail.com", updated="2026-06-01T00:00:00Z")
    assert changed.version > referral.version

    undone(done)

    assert state(referral)[:3] == ("contoso.example", "auto_linked", "automatic")


def test_an_automatic_link_comes_back_to_where_a_sync_would_have_taken_it():
    referral = synced("a@contoso.example")
    done = unlink_referral(referral, by=None)
    synced("a@moved.example", updated="2026-06-01T00:00:00Z")

    undone(done)

    assert state(referral)[:3] == ("moved.example", "auto_linked", "automatic")
    assert Item.objects.filter(kind="scan", key="moved.example").exists()


def test_after_an_undo_a_sync_has_its_say_again():
    referral = synced("a@contoso.example")
    undone(unlink_referral(referral, by=None))

    synced("a@moved.example", updated="2026-06-01T00:00:00Z")

    assert state(referral)[:3] == ("moved.example", "auto_linked", "automatic")
    assert [move.act for move in LinkMove.objects.order_by("pk")] == ["unlinked", "undone", "moved"]


def test_both_companies_of_an_undone_link_are_due_for_a_push():
    referral = synced("a@contoso.example")
    other = ScannedCompanyFactory(domain="fabrikam.example")
    done = relink_referral(referral, to=other, by=None)
    Item.objects.all().delete()

    undone(done)

    asked = set(Item.objects.values_list("kind", "key"))
    assert ("push_dynamics365", "fabrikam.example") in asked
    assert ("scan", "contoso.example") in asked


def test_the_link_of_a_referral_that_was_never_moved_has_nothing_to_undo():
    assert last_move(synced("a@contoso.example")) is None
    assert Referral.objects.get().link_origin == LinkOrigin.AUTOMATIC
