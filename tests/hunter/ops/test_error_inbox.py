"""The error inbox: one click tries again, one line for each cause, nothing put aside without a reason (C5, R5.8)."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.ops.admin.errors import next_step
from hunter.ops.advice import ADVICE
from hunter.ops.causes import causes
from hunter.remote.errors import ErrorKind
from hunter.work.models import ErrorRecord, Item
from tests.factories.people import staff
from tests.factories.work import ErrorFactory, ItemFactory

State = ErrorRecord.State
LIST, PAGE = "admin:work_errorrecord_changelist", "admin:work_errorrecord_change"


def act(name: str) -> str:
    return reverse("admin:work_errorrecord_act", args=[name])


def failed(key: str = "contoso.com", **changes: object) -> ErrorRecord:
    ItemFactory(key=key)
    return ErrorFactory(key=key, **changes)


@pytest.mark.proves("C5", "R5.8")
def test_one_click_tries_a_dead_letter_again(page, ayse):
    error = failed()

    response = page.post(act("try_again"), {"id": error.pk}, follow=True)

    item = Item.objects.get(key="contoso.com")
    assert (item.dead_at, item.attempts, item.asked_by, item.due_at is None) == (None, 0, "ayse", False)
    assert ErrorRecord.objects.get().state == State.RETRYING
    assert AuditEntry.objects.get().by == ayse
    assert "1 will be tried within a minute" in response.content.decode()


def test_each_open_error_has_its_button_in_the_list(page):
    error = failed()

    text = page.get(f"{reverse(LIST)}?each=1").content.decode()

    assert f'formaction="{act("try_again")}"' in text
    assert f'name="id" value="{error.pk}"' in text


def test_who_may_only_read_has_no_button(client, db):
    failed()
    client.force_login(staff("work.view_errorrecord"))

    assert "formaction" not in client.get(reverse(LIST)).content.decode()


def test_a_selection_is_tried_again(page):
    errors = [failed("a.example.com"), failed("b.example.com")]
    failed("c.example.com")

    page.post(reverse(LIST), {"action": "try_again", "_selected_action": [error.pk for error in errors]})

    assert set(ErrorRecord.objects.filter(state=State.RETRYING)) == set(errors)


@pytest.mark.proves("R5.8")
def test_all_of_one_cause_say_their_size_and_are_tried_together(page):
    for domain in ("a.example.com", "b.example.com"):
        failed(domain)
    other = failed("c.example.com", message="RDAP is not there.")
    cause, _ = causes(ErrorRecord.objects.all(), most=5)
    address = f"{act('try_all_again')}?state=open&cause={cause.key}"

    asked = page.post(address, {"everything": "1"}).content.decode()
    assert "2 × scan a domain" in asked
    assert not ErrorRecord.objects.filter(state=State.RETRYING).exists()
    page.post(address, {"everything": "1", "confirmed": "1"})

    assert ErrorRecord.objects.filter(state=State.RETRYING).count() == 2
    assert ErrorRecord.objects.get(pk=other.pk).state == State.OPEN


def test_what_is_not_in_the_filter_is_not_tried(page):
    kept = failed("a.example.com", service="rdap")
    tried = failed("b.example.com", service="dns")

    page.post(f"{act('try_all_again')}?service=dns", {"everything": "1", "confirmed": "1"})

    assert ErrorRecord.objects.get(pk=kept.pk).state == State.OPEN
    assert ErrorRecord.objects.get(pk=tried.pk).state == State.RETRYING


def test_an_error_is_put_aside_with_a_reason(page, ayse):
    error = failed()

    page.post(act("put_aside"), {"id": error.pk, "confirmed": "1", "reason": "The domain was sold."})

    error.refresh_from_db()
    assert (error.state, error.state_reason) == (State.DISMISSED, "The domain was sold.")
    assert AuditEntry.objects.get().why == "The domain was sold."


@pytest.mark.parametrize("reason", [pytest.param("", id="none"), pytest.param("   ", id="only spaces")])
def test_without_a_reason_nothing_is_put_aside(reason, page):
    error = failed()

    response = page.post(act("put_aside"), {"id": error.pk, "confirmed": "1", "reason": reason})

    assert response.status_code == 200
    assert ErrorRecord.objects.get().state == State.OPEN


def test_the_dialog_comes_before_an_act_that_asks(page):
    error = failed()

    asked = page.post(act("put_aside"), {"id": error.pk}).content.decode()

    assert "Why is it put aside?" in asked
    assert ErrorRecord.objects.get().state == State.OPEN


def test_something_that_is_gone_is_said_to_be_gone(page):
    text = page.post(act("try_again"), {"id": "4711"}, follow=True).content.decode()

    assert "Nothing was chosen" in text


def test_an_inbox_shows_what_is_open(page):
    failed("open.example.com")
    failed("settled.example.com", state=State.RESOLVED)

    text = page.get(reverse(LIST)).content.decode()

    assert "open.example.com" in text
    assert "settled.example.com" not in text


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        pytest.param("contoso.com: no answer", "fabrikam.com: no answer", True, id="only the domain differs"),
        pytest.param("refused after 3 tries", "refused after 12 tries", True, id="only a number differs"),
        pytest.param('"Anna" is no name', '"Otto" is no name', True, id="only what is quoted differs"),
        pytest.param("no answer", "refused", False, id="another sentence"),
    ],
)
def test_what_belongs_to_one_cause(first, second, together, db):
    ErrorFactory(key="contoso.com", message=first)
    ErrorFactory(key="fabrikam.com", message=second)

    assert (len(causes(ErrorRecord.objects.all(), most=5)) == 1) is together


def test_causes_of_two_classes_stay_apart(db):
    ErrorFactory(message="refused", error_class="validation")
    ErrorFactory(message="refused", error_class="permanent")

    assert len(causes(ErrorRecord.objects.all(), most=5)) == 2


def test_what_is_given_up_is_not_said_to_be_tried_again(page):
    given_up = failed()
    waiting = ErrorFactory(gave_up=False)
    ItemFactory(key=waiting.key, dead_at=None, due_at=timezone.now() + timedelta(minutes=1))

    told = {error: page.get(reverse(PAGE, args=[error.pk])).content.decode() for error in (given_up, waiting)}

    assert "The tries are used up" in told[given_up]
    assert "It is tried again with growing waits" not in told[given_up]
    assert "It is tried again with growing waits" in told[waiting]


@pytest.mark.proves("R5.5")
@pytest.mark.parametrize("kind", ErrorKind)
def test_an_error_of_each_class_says_what_to_do(page, kind):
    error = ErrorFactory(error_class=kind.value, service="dynamics365", gave_up=False)

    text = html.unescape(page.get(reverse(PAGE, args=[error.pk])).content.decode())

    assert ADVICE[kind].to_do in text


def test_a_referral_that_can_not_be_taken_in_is_put_right_in_partner_center(page):
    error = ErrorFactory(kind="referral", service="partner_center", error_class="validation", field="id")

    text = page.get(reverse(PAGE, args=[error.pk])).content.decode()

    assert "Put the referral right in Partner Center" in text
    assert "the mapping" not in text


def test_what_errors_share_is_told_in_the_words_of_the_list(page):
    for key in ("a.example.com", "b.example.com"):
        failed(key, service="dynamics365", error_class="permission", message="Dynamics 365 answered 403 to change.")
    cause = page.get(reverse(LIST)).context["lines"][0].cause

    assert cause.why_grouped.startswith("They share the service Dynamics 365, the class “permission”,")


@pytest.mark.parametrize(
    ("attempt", "times", "words"), [(1, 1, "gave up, 1 try"), (5, 5, "gave up, 5 tries"), (1, 2, "gave up")]
)
def test_what_was_given_up_more_than_once_tells_no_number_of_tries_beside_how_often(attempt, times, words, db):
    assert next_step(ErrorFactory(gave_up=True, attempt=attempt, times=times)) == words


def test_what_waits_says_which_try_comes_when_and_its_page_looks_again_by_itself(page):
    waiting = ErrorFactory(gave_up=False, attempt=2)
    ItemFactory(key=waiting.key, dead_at=None, due_at=timezone.now() + timedelta(seconds=95))
    over = failed()

    shown = page.get(f"{reverse(LIST)}?each=1").content.decode()
    pages = [page.get(reverse(PAGE, args=[error.pk])).content.decode() for error in (waiting, over)]

    assert "try 3 of 4 <time" in shown
    assert ['data-live="5"' in text for text in pages] == [True, False]


@pytest.mark.proves("R5.7")
@pytest.mark.parametrize(
    ("lane", "error_class", "ways"),
    [
        pytest.param(
            "dynamics365", "configuration", ["Lanes", "Mapping"], id="a column that is not as the mapping has it"
        ),
        pytest.param("partner_center", "authentication", ["Lanes", "Sign in"], id="nobody is signed in"),
        pytest.param("dns", "transient", ["Lanes"], id="a service that does not answer"),
    ],
)
@pytest.mark.parametrize("where", ["the error", "its cause"])
def test_an_error_leads_to_the_pages_on_which_it_is_put_right(lane, error_class, ways, where, page):
    error = ErrorFactory(kind="lane", key=lane, service=lane, error_class=error_class)
    addresses = {
        "the error": reverse("admin:work_errorrecord_change", args=[error.pk]),
        "its cause": f"{reverse('admin:work_errorrecord_changelist')}?cause={error.fingerprint}",
    }

    answer = page.get(addresses[where])

    text = answer.content.decode()
    assert [
        way for way in ("Lanes", "Mapping", "Sign in") if f'h-small-button" href="{address_of(way)}' in text
    ] == ways


def address_of(way: str) -> str:
    names = {"Lanes": "remote_lane", "Mapping": "crm_provisionedpart", "Sign in": "remote_signin"}
    return reverse(f"admin:{names[way]}_changelist")


def test_an_error_leads_nobody_to_a_page_that_he_may_not_see(client, db):
    client.force_login(staff("work.view_errorrecord"))
    error = ErrorFactory(kind="lane", key="dynamics365", service="dynamics365", error_class="configuration")

    text = client.get(reverse("admin:work_errorrecord_change", args=[error.pk])).content.decode()

    assert 'h-small-button" href="' not in text


@pytest.mark.parametrize("error_class", ["validation", "permanent", "configuration"])
def test_what_stops_a_whole_lane_is_not_said_to_be_given_up(error_class, page):
    error = ErrorFactory(kind="lane", key="dynamics365", service="dynamics365", error_class=error_class, gave_up=False)

    text = page.get(reverse("admin:work_errorrecord_change", args=[error.pk])).content.decode()

    assert ("It is not tried again by itself" in text, "again every few minutes" in text) == (False, True)
