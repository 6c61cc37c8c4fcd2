"""A person links, creates, unlinks and reviews referrals in the admin (C5, R3.3, e.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.work.models import Item
from leads.models import Company
from referrals.contract import UnreadableReferral
from referrals.figures import latest_syncs, links_to_review
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.models import LinkMove, Referral, ReferralHint, RelinkRun, SyncPage, SyncRun
from referrals.services.linking import relink_referral
from referrals.services.planning import Fault
from referrals.services.quarantine import keep_refused
from tests.factories.leads import CompanyFactory
from tests.factories.people import administrator, staff
from tests.factories.referrals import ReferralFactory, partner_center_row
from tests.factories.work import ErrorFactory, ItemFactory


@pytest.fixture
def ayse(db):
    return administrator("ayse")


@pytest.fixture
def page(ayse) -> Client:
    client = Client()
    client.force_login(ayse)
    return client


LIST = "/admin/referrals/referral/"


def act(name: str) -> str:
    return reverse("admin:referrals_referral_act", args=[name])


def decision(referral: Referral, **more: str) -> dict[str, str]:
    return {"id": str(referral.pk), "confirmed": "1", "version": str(referral.version)} | more


@pytest.mark.proves("C5")
def test_a_person_links_a_referral_to_a_company(page, ayse):
    company, referral = CompanyFactory(domain="contoso.com").pk, ReferralFactory()

    text = page.post(act("link"), decision(referral, domain="contoso.com"), follow=True).content.decode()

    referral.refresh_from_db()
    assert (referral.company_id, referral.link_status, referral.linked_by) == (company, LinkStatus.LINKED, ayse)
    assert AuditEntry.objects.get(act="relink").by == ayse
    assert "is linked to contoso.com" in text


def test_a_domain_that_is_no_company_is_refused_with_the_offer_to_create_it(page):
    referral = ReferralFactory()

    text = page.post(act("link"), decision(referral, domain="contoso.com")).content.decode()

    assert "contoso.com is no company yet" in text
    assert 'value="contoso.com"' in text
    assert Referral.objects.get().company is None


@pytest.mark.proves("C5")
def test_a_person_makes_the_company_of_a_referral(page):
    referral = ReferralFactory(company_name="Lodos Ltd", raw_data=partner_center_row())

    page.post(act("create_company"), decision(referral, domain="https://www.lodos.example/"))

    assert Company.objects.get().name == "Lodos Ltd"
    assert Referral.objects.get().company == Company.objects.get()


@pytest.mark.proves("C5")
def test_a_person_takes_a_link_away(page):
    referral = ReferralFactory(company=CompanyFactory())

    page.post(act("unlink"), decision(referral, why="A namesake"))

    referral.refresh_from_db()
    assert (referral.company, referral.link_origin) == (None, LinkOrigin.PERSON)
    assert AuditEntry.objects.get(act="unlink").why == "A namesake"


@pytest.mark.proves("R3.3")
def test_a_link_chosen_on_an_old_page_is_refused(page):
    CompanyFactory(domain="contoso.com")
    referral = ReferralFactory()
    stale = decision(referral, domain="contoso.com")
    Referral.objects.filter(pk=referral.pk).update(notes="changed by a sync")

    text = page.post(act("link"), stale, follow=True).content.decode()

    assert "was changed by someone else" in text
    assert Referral.objects.get().company is None


def test_the_page_offers_candidates_and_finds_companies(page):
    CompanyFactory(domain="fabrikam.com", name="Fabrikam Gıda")
    CompanyFactory(domain="adatum.com", name="Adatum Group")
    referral = ReferralFactory(domain="fabrikam.com", raw_data=partner_center_row(), company_name="Fabrikam Gıda A.Ş.")

    plain = page.get(act("link"), {"id": referral.pk}).content.decode()
    searched = page.get(act("link"), {"id": referral.pk, "q": "adatum"}).content.decode()

    assert "same mail domain; name 100 % alike" in plain
    assert "adatum.com" not in plain
    assert "adatum.com" in searched


def ambiguous(**values: object) -> Referral:
    return ReferralFactory(link_status=LinkStatus.MULTI_CANDIDATE, candidates=["a.com", "b.com"], **values)


def test_after_a_choice_the_next_one_to_review_opens(page):
    CompanyFactory(domain="contoso.com")
    second, first = ambiguous(), ambiguous()

    opened = page.get(act("link"), {"review": "1"})
    response = page.post(act("link"), decision(first, domain="contoso.com", review="1"))

    assert f"id={first.pk}&" in opened.url
    assert f"id={second.pk}&" in response.url


def test_a_review_begins_at_the_list_of_what_waits_and_nowhere_else(page):
    nothing_waits = page.get(LIST, {"review": "1"}).context["review_url"]
    first = ambiguous()

    url = page.get(LIST, {"review": "1"}).context["review_url"]

    assert (nothing_waits, page.get(LIST).context["review_url"]) == ("", "")
    assert f'href="{url}"' in page.get(LIST, {"review": "1"}).content.decode()
    assert f"id={first.pk}&review=1" in page.get(url).url


def test_after_a_choice_one_that_was_passed_over_does_not_come_back_at_once(page):
    CompanyFactory(domain="contoso.com")
    third, second, passed_over = ambiguous(), ambiguous(), ambiguous()

    shown = page.get(act("link"), {"id": second.pk, "review": "1"}).context
    response = page.post(
        act("link"), decision(second, domain="contoso.com", review="1", following=str(shown["following"]))
    )

    assert f"id={third.pk}&" in response.url
    assert passed_over.pk in {row.pk for row in Referral.objects.to_review()}


def test_when_nothing_is_left_to_review_the_list_opens(page):
    CompanyFactory(domain="contoso.com")
    last = ambiguous()

    response = page.post(act("link"), decision(last, domain="contoso.com", review="1"), follow=True)

    assert response.request["PATH_INFO"] == reverse("admin:referrals_referral_changelist")


def test_what_waits_for_a_person_and_what_nobody_can_decide_are_two_lists(page):
    ReferralFactory(link_origin=LinkOrigin.PERSON, link_status=LinkStatus.UNLINKED)  # decided: on neither
    several, alike, unknown = ambiguous(), ReferralFactory(), ReferralFactory()
    ReferralHint.objects.create(referral=alike, found=1, best_domain="contoso.com", best_score=40)

    shown = {
        chosen: {row.pk for row in page.get(LIST, {"review": chosen}).context["cl"].result_list}
        for chosen in ("1", "0")
    }

    assert shown == {"1": {several.pk, alike.pk}, "0": {unknown.pk}}


def test_nobody_is_asked_to_link_what_partner_center_shows_no_more(page):
    several, alike = ambiguous(vanished_at=timezone.now()), ReferralFactory(vanished_at=timezone.now())
    ReferralHint.objects.create(referral=alike, found=1, best_domain="contoso.com", best_score=40)

    lists = [page.get(LIST, query) for query in ({"review": "1"}, {"review": "0"})]
    everything = page.get(LIST)

    assert [[*one.context["cl"].result_list] for one in lists] == [[], []]
    assert {row.pk for row in everything.context["cl"].result_list} == {several.pk, alike.pk}
    assert "needs you" not in everything.content.decode()
    assert not [*links_to_review()]


def test_who_may_only_look_is_not_let_to_link(client, db):
    client.force_login(staff("referrals.view_referral"))
    referral = ReferralFactory()

    assert client.post(act("link"), decision(referral, domain="contoso.com")).status_code == 403
    assert "formaction" not in client.get(reverse("admin:referrals_referral_changelist")).content.decode()


def test_the_time_line_says_where_the_lead_stands(page):
    referral = ReferralFactory(company=CompanyFactory())

    text = page.get(reverse("admin:referrals_referral_change", args=[referral.pk])).content.decode()

    assert text.count("(stands here)") == 1
    assert text.index("Scanned") < text.index("(stands here)") < text.index("Pushed to")


@pytest.mark.proves("C4")
def test_sync_now_asks_for_a_sync(page, settings):
    settings.PARTNER_CENTER_ENABLED = True

    page.post(reverse("admin:referrals_syncrun_act", args=["sync_now"]))

    assert SyncRun.objects.get().asked_by == "ayse"
    assert Item.objects.get(kind="sync_referrals").asked_by == "ayse"


def test_a_service_that_is_off_says_how_it_is_switched_on(page, settings):
    settings.PARTNER_CENTER_ENABLED = False

    text = page.post(reverse("admin:referrals_syncrun_act", args=["sync_now"]), follow=True).content.decode()

    assert "Set PARTNER_CENTER_ENABLED" in text


def test_a_sync_that_waits_for_its_next_try_says_when_and_why(page):
    run = SyncRun.objects.create(account="tenant-1", mode="full")
    ItemFactory(
        kind="sync_referrals", key="tenant-1", lane="partner_center", dead_at=None,
        due_at=timezone.now() + timedelta(minutes=3),
    )  # fmt: skip
    ErrorFactory(
        kind="sync_referrals", key="tenant-1", service="partner_center", gave_up=False,
        message="Partner Center answered 503 to list referrals.",
    )  # fmt: skip

    listed = page.get(reverse("admin:referrals_syncrun_changelist")).content.decode()
    opened = page.get(reverse("admin:referrals_syncrun_change", args=[run.pk])).content.decode()

    assert ">waiting<" in listed
    assert [one.state for one in latest_syncs()] == ["waiting"]
    assert "next try" in listed
    assert "Partner Center answered 503 to list referrals." in opened


@pytest.mark.proves("R3.3")
def test_one_click_takes_back_what_was_just_done(page, ayse):
    contoso: Any = CompanyFactory(domain="contoso.com")
    referral: Any = ReferralFactory(company=contoso, domain="contoso.com", raw_data=partner_center_row())
    CompanyFactory(domain="fabrikam.com")
    told = page.post(act("link"), decision(referral, domain="fabrikam.com"), follow=True).content.decode()
    move = LinkMove.objects.get()
    assert f'name="move" value="{move.pk}"' in told

    answer = page.post(act("undo_link"), {"id": referral.pk, "confirmed": "1", "move": move.pk}, follow=True)

    referral.refresh_from_db()
    assert (referral.company, referral.link_status, referral.link_origin) == (contoso, "auto_linked", "automatic")
    assert "is linked to contoso.com by its domain, as before" in answer.content.decode()


def test_an_undo_of_what_somebody_changed_since_says_so(page):
    referral = ReferralFactory(raw_data=partner_center_row())
    for domain in ("contoso.com", "fabrikam.com"):
        CompanyFactory(domain=domain)
        referral.refresh_from_db()
        page.post(act("link"), decision(referral, domain=domain))
    first = LinkMove.objects.order_by("pk")[0]

    answer = page.post(act("undo_link"), {"id": referral.pk, "confirmed": "1", "move": first.pk}, follow=True)

    assert "was changed since (ayse: linked)" in answer.content.decode()
    assert Referral.objects.filter(company__domain="fabrikam.com").exists()


def test_in_a_review_the_last_decision_can_be_undone_and_then_decided_anew(page):
    CompanyFactory(domain="contoso.com")
    second, first = ambiguous(), ambiguous()
    page.post(act("link"), decision(first, domain="contoso.com", review="1"))

    shown = page.get(act("link"), {"id": second.pk, "review": "1"})
    last = shown.context["last"]
    back = page.post(act("undo_link"), {"id": first.pk, "confirmed": "1", "move": last["move"].pk, "review": "1"})

    assert 'data-press="z"' in shown.content.decode()
    assert last["move"].referral == first
    assert f"id={first.pk}&" in back.url
    assert Referral.objects.get(pk=first.pk).candidates == ["a.com", "b.com"]


def test_a_private_mail_domain_is_warned_of_before_the_link_is_set(page):
    CompanyFactory(domain="gmail.com")
    referral = ReferralFactory(raw_data=partner_center_row())

    warned = page.post(act("link"), decision(referral, domain="gmail.com", why="a shop")).content.decode()

    assert "identifies no company" in warned
    assert "Link to gmail.com all the same" in warned
    assert Referral.objects.get().company is None

    page.post(act("link"), decision(referral, domain="gmail.com", despite="1"))

    assert Referral.objects.filter(company__domain="gmail.com").exists()


def test_a_company_of_a_private_mail_domain_is_warned_of_before_it_is_made(page):
    referral = ReferralFactory(raw_data=partner_center_row())

    warned = page.post(act("create_company"), decision(referral, new_domain="gmail.com")).content.decode()

    assert "Link to gmail.com all the same" in warned
    assert not Company.objects.exists()

    page.post(act("create_company"), decision(referral, domain="gmail.com", new_domain="gmail.com", despite="1"))

    assert Referral.objects.filter(company__domain="gmail.com").exists()


def test_a_referrals_page_tells_where_it_was_linked_by_whom_and_why(page):
    CompanyFactory(domain="fabrikam.com")
    referral = ReferralFactory(company=CompanyFactory(domain="contoso.com"), raw_data=partner_center_row())
    page.post(act("link"), decision(referral, domain="fabrikam.com", why="same group"))

    text = page.get(reverse("admin:referrals_referral_change", args=[referral.pk])).content.decode()

    told = text[text.index("Where it was linked") :]
    assert all(words in told for words in ("ayse", "contoso.com", "fabrikam.com", "same group", ">Undo<"))
    assert "by ayse: same group" in text[: text.index("Where it was linked")]


def test_who_may_only_look_sees_the_history_without_its_button(client, db):
    CompanyFactory(domain="fabrikam.com")
    referral = ReferralFactory(raw_data=partner_center_row())
    relink_referral(referral, to=Company.objects.get(), by=None)
    client.force_login(staff("referrals.view_referral"))

    text = client.get(reverse("admin:referrals_referral_change", args=[referral.pk])).content.decode()

    assert "Where it was linked" in text
    assert ">Undo<" not in text


def bulk(referrals: Any, **answers: str) -> dict[str, Any]:
    return {"action": "link_many", "_selected_action": [one.pk for one in referrals], "select_across": "0", **answers}


def test_many_are_linked_at_once_after_the_dialog_has_said_how_many(page):
    company = CompanyFactory(domain="contoso.com")
    referrals = [ReferralFactory(raw_data=partner_center_row()) for _ in range(3)]

    asked = page.post(LIST, bulk(referrals)).content.decode()
    wish = {"confirmed": "1", "target": "domain", "domain": "contoso.com", "why": "one group"}
    done = page.post(act("link_many"), {"id": [one.pk for one in referrals]} | wish, follow=True)

    assert "3 referrals: 0 linked by their domain, 0 decided by a person, 3 without a company" in asked
    assert set(Referral.objects.values_list("company", "link_origin")) == {(company.pk, "person")}
    assert "3 of 3 referrals changed." in done.content.decode()
    assert RelinkRun.objects.get().why == "one group"


def test_all_that_match_a_filter_are_linked_and_no_other(page):
    CompanyFactory(domain="contoso.com")
    new, closed = ReferralFactory(raw_data=partner_center_row()), ReferralFactory(status="Closed")
    wish = {"confirmed": "1", "everything": "1", "target": "domain", "domain": "contoso.com"}

    page.post(f"{act('link_many')}?status=New", wish)

    new.refresh_from_db()
    closed.refresh_from_db()
    assert (new.link_status, closed.link_status) == ("linked", "unlinked")


def test_a_run_shows_what_was_refused_and_why_and_is_undone_by_one_click(page):
    named = ReferralFactory(domain="contoso.com", raw_data=partner_center_row(), link_status="multi_candidate")
    nameless = ReferralFactory(raw_data=partner_center_row())
    page.post(act("link_many"), {"id": [named.pk, nameless.pk], "confirmed": "1", "target": "own"})
    run = RelinkRun.objects.get()

    shown = page.get(reverse("admin:referrals_relinkrun_change", args=[run.pk])).content.decode()
    page.post(reverse("admin:referrals_relinkrun_act", args=["undo_all"]), {"id": run.pk})

    assert "It names no company&#x27;s domain." in shown
    named.refresh_from_db()
    assert (named.company, named.link_status, named.link_origin) == (None, "multi_candidate", "automatic")


def run_with_rows() -> tuple[SyncRun, dict[str, Referral]]:
    rows = {one: ReferralFactory.create(name=f"Deal {one}") for one in ("created", "updated", "unchanged", "other")}
    run = SyncRun.objects.create(
        account="a", mode="full", state="done_with_errors", finished_at=timezone.now(), created=1, updated=1,
        unchanged=2, failed=1, fetched=5,
    )  # fmt: skip
    SyncPage.objects.create(
        run=run, number=1, created=[rows["created"].pk], updated=[rows["updated"].pk],
        unchanged=[rows["unchanged"].pk] * 2, refused=["bad-1"],
    )  # fmt: skip
    return run, rows


@pytest.mark.parametrize("became", ["created", "updated", "unchanged"])
def test_each_count_of_a_sync_leads_to_exactly_its_referrals(page, became):
    run, _ = run_with_rows()
    address = f"{reverse('admin:referrals_referral_changelist')}?in_run={run.pk}.{became}"

    opened = page.get(reverse("admin:referrals_syncrun_change", args=[run.pk])).content.decode()
    listed = page.get(address).content.decode()

    assert address in opened
    assert [one for one in ("created", "updated", "unchanged", "other") if f"Deal {one}" in listed] == [became]


def test_the_refused_rows_of_a_sync_are_listed_tried_again_and_leave_with_their_content(page):
    run, _ = run_with_rows()
    for key in ("bad-1", "bad-2"):
        row = {"id": key, "note": "ş"}
        keep_refused([Fault(key, UnreadableReferral("It was not understood."), row, row)])
    address = f"{reverse('admin:referrals_refusedreferral_changelist')}?in_run={run.pk}"

    opened = page.get(reverse("admin:referrals_syncrun_change", args=[run.pk])).content.decode()
    listed = page.get(address).content.decode()
    sheet = page.post(f"{reverse('admin:referrals_refusedreferral_export', args=['csv'])}?in_run={run.pk}")
    text = b"".join(sheet.streaming_content).decode()
    page.post(
        f"{reverse('admin:referrals_refusedreferral_act', args=['try_all_again'])}?in_run={run.pk}",
        {"everything": "1", "confirmed": "1"},
    )

    assert address in opened
    assert ("bad-1" in listed, "bad-2" in listed) == (True, False)
    assert "It was not understood." in text
    assert "ş" in text
    assert "bad-2" not in text
    assert list(Item.objects.values_list("kind", "key")) == [("referral", "bad-1")]


def test_a_reader_of_refused_rows_neither_tries_them_again_nor_takes_them_out(db):
    keep_refused([Fault("bad-1", UnreadableReferral("It was not understood."), {}, {})])
    client = Client()
    client.force_login(staff("referrals.view_refusedreferral"))

    assert client.get(reverse("admin:referrals_refusedreferral_changelist")).status_code == 200
    tried = client.post(reverse("admin:referrals_refusedreferral_act", args=["try_again"]), {"confirmed": "1"})
    taken = client.post(reverse("admin:referrals_refusedreferral_export", args=["csv"]))

    assert (tried.status_code, taken.status_code) == (403, 403)
    assert not Item.objects.exists()


def test_a_vanished_referral_is_shown_so_and_found_by_the_filter(page):
    gone, there = ReferralFactory(name="Deal gone", vanished_at=timezone.now()), ReferralFactory(name="Deal there")

    listed = page.get(reverse("admin:referrals_referral_changelist"), {"vanished": "1"}).content.decode()
    opened = page.get(reverse("admin:referrals_referral_change", args=[gone.pk])).content.decode()

    assert (gone.name in listed, there.name in listed) == (True, False)
    assert "counts for its company as before" in opened


def test_a_running_sync_says_how_far_it_is_and_is_paused_resumed_and_cancelled(page):
    run = SyncRun.objects.create(account="a", mode="full", fetched=250, expected=1000, worked_seconds=25)

    opened = page.get(reverse("admin:referrals_syncrun_change", args=[run.pk])).content.decode()
    assert "about 25 %" in opened
    assert "10 referrals/s" in opened
    assert "about 75 s left" in opened or "1 min left" in opened
    states = []
    for name in ("pause", "go_on", "cancel"):
        page.post(reverse("admin:referrals_syncrun_act", args=[name]), {"id": run.pk, "confirmed": "1"})
        run.refresh_from_db()
        states.append(run.state)

    assert states == ["paused", "running", "cancelled"]
    assert list(AuditEntry.objects.order_by("id").values_list("act", flat=True)) == ["pause", "go on", "cancel"]
