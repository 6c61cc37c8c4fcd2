"""A person sets how much Hunter may ask of a service: everywhere at once, with a reason, until it is set back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.ops.limiting import Limits, default_limits, limit_lane
from hunter.remote import limits
from hunter.remote.lanes import FIGURES, WINDOWS, LaneName, figures
from hunter.remote.models import Lane
from tests.factories.people import administrator, api_client, staff

pytestmark = pytest.mark.django_db

CRM = LaneName.DYNAMICS365
CARDS = reverse("admin:remote_lane_changelist")


def act(name: str) -> str:
    return reverse("admin:remote_lane_act", args=[name])


@pytest.fixture
def anna():
    return administrator("anna")


@pytest.fixture
def crm(db) -> Lane:
    limits.ensure_lane(CRM)
    return Lane.objects.get(pk=CRM.value)


def form(**changes: object) -> dict[str, object]:
    """The dialog as a person who looked at the defaults sends it."""
    seen = "19.5 a second, 40 in a burst, 50 at once"
    return {
        "id": CRM.value, "confirmed": "1", "limit": 5, "burst": 10, "slots": 20, "why": "The CRM is slow", "seen": seen,
    } | changes  # fmt: skip


# --- in the admin -------------------------------------------------------------------------------------------------


def test_the_dialog_shows_the_figures_as_they_are_and_what_the_service_takes(page, crm):
    text = page.post(act("limit"), {"id": CRM.value}).content.decode()

    assert 'value="19.5"' in text
    assert 'value="40"' in text
    assert "6,000 calls in any 300 seconds" in text


def test_a_new_limit_holds_at_once_is_on_the_card_and_in_the_log(page, crm):
    page.post(act("limit"), form())

    text = page.get(CARDS).content.decode()
    entry = AuditEntry.objects.get()

    assert limits.buy(CRM, count=100).granted <= 10
    assert limits.current(CRM).slots_per_drainer == 18
    assert "5 a second, 10 in a burst" in text
    assert "The CRM is slow" in text
    assert (entry.act, entry.why) == ("limit", "The CRM is slow")
    assert entry.before == {"limit": 19.5, "burst": 40, "slots": 50}
    assert entry.after == {"limit": 5, "burst": 10, "slots": 20}


def test_what_was_set_by_hand_is_set_back_by_hand(page, crm):
    page.post(act("limit"), form())
    page.post(act("default_limit"), {"id": CRM.value, "confirmed": "1", "why": "It is well again"})

    assert limits.current(CRM) == figures(CRM)
    assert "Back to default" not in page.get(CARDS).content.decode()
    assert AuditEntry.objects.latest("id").act == "default limit"


def test_a_limit_chosen_by_figures_that_another_person_has_changed_is_not_set(page, crm, anna):
    limit_lane(CRM, limit=7, why="first", by=anna)

    page.post(act("limit"), form())

    assert limits.current(CRM).rate == 7


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"limit": 25}, "at most 19.6 a second", id="more than the service takes"),
        pytest.param({"limit": 19.5, "burst": 40, "slots": 53}, "takes 52 calls at once", id="too many at once"),
        pytest.param({"burst": 6000}, "take a smaller burst", id="a burst that is all the window"),
        pytest.param({"limit": 0}, "must be above 0", id="none at all"),
        pytest.param({"limit": "many"}, "Enter a number", id="no number"),
        pytest.param({"burst": 0}, "greater than or equal to 1", id="no burst"),
        pytest.param({"why": ""}, "This field is required", id="no reason"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_beside_its_field(page, crm, changes, words):
    answer = page.post(act("limit"), form(burst=40, slots=50) | changes)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert limits.current(CRM) == figures(CRM)
    assert not AuditEntry.objects.exists()


def test_who_may_not_change_lanes_changes_no_limit(crm, client):
    client.force_login(staff("remote.view_lane"))

    assert client.post(act("limit"), form()).status_code == 403
    assert limits.current(CRM) == figures(CRM)


# --- the rules ----------------------------------------------------------------------------------------------------


@pytest.mark.proves("R2.7")
def test_nobody_lets_two_processes_renew_a_token_at_once(anna):
    with pytest.raises(HunterError, match="right to renew") as refused:
        limit_lane(LaneName.ENTRA, slots=2, why="faster", by=anna)

    assert refused.value.field == "slots"


@pytest.mark.parametrize("name", list(LaneName))
def test_each_lane_may_be_set_to_its_own_default(name, anna):
    own = FIGURES[name]

    assert (
        "stays as it is"
        in limit_lane(name, limit=own.rate, burst=own.burst, slots=own.slots, why="same", by=anna).words
    )
    assert "default already" in default_limits(name, why="same", by=anna).words


@pytest.mark.proves("R2.3")
@pytest.mark.parametrize("burst", [1, 40, 1000, 5000])
def test_what_the_refusal_names_as_the_most_is_taken_and_keeps_every_window(anna, burst):
    with pytest.raises(HunterError) as refused:
        limit_lane(CRM, limit=1000, burst=burst, slots=52, why="all", by=anna)
    most = float(refused.value.message.split("at most ")[1].split(" a second")[0])

    limit_lane(CRM, limit=most, burst=burst, slots=52, why="all", by=anna)

    window = WINDOWS[CRM]
    assert most * (window.seconds + 1) + burst + 52 <= window.calls < (most + 0.1) * (window.seconds + 1) + burst + 52


def test_limits_are_said_in_words():
    assert Limits(0.5, 1, 1000).words() == "0.5 a second, 1 in a burst, 1,000 at once"


# --- over the API -------------------------------------------------------------------------------------------------


def test_over_the_api_a_lane_is_limited_held_resumed_and_set_back(crm):
    client = api_client("remote.view_lane", "remote.change_lane")
    address = f"/api/v1/lanes/{CRM.value}/"

    limited = client.post(f"{address}limit/", {"limit": 4.5, "why": "slow"}, format="json")
    held = client.post(f"{address}hold/", {"why": "licence"}, format="json")
    resumed = client.post(f"{address}resume/", {"why": "licence is there"}, format="json")
    reset = client.post(f"{address}default-limit/", {"why": "well"}, format="json")

    assert [one.status_code for one in (limited, held, resumed, reset)] == [200] * 4
    assert (limited.json()["limit"], limited.json()["burst"], limited.json()["limited_why"]) == (4.5, 40, "slow")
    assert (held.json()["state"], held.json()["reason"]) == ("held", "licence")
    assert resumed.json()["state"] == "ok"
    assert (reset.json()["limit"], reset.json()["limited_by"]) == (19.5, None)
    assert AuditEntry.objects.count() == 4


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        pytest.param({"limit": 100, "why": "x"}, 422, "limit", id="more than the service takes"),
        pytest.param({"slots": 60, "why": "x"}, 422, "slots", id="too many at once"),
        pytest.param({"limit": 3}, 400, "why", id="no reason"),
        pytest.param({"why": "x"}, 400, None, id="nothing to change"),
        pytest.param({"limit": 3, "why": "x", "rate": 3}, 400, "rate", id="a member that nobody knows"),
    ],
)
def test_over_the_api_too_what_cannot_be_is_refused_by_field(crm, sent, status, field):
    client = api_client("remote.view_lane", "remote.change_lane")

    answer = client.post(f"/api/v1/lanes/{CRM.value}/limit/", sent, format="json")

    assert answer.status_code == status, answer.json()
    told = answer.json()
    assert field is None or field == told.get("field") or field in told.get("errors", {})
    assert limits.current(CRM) == figures(CRM)


@pytest.mark.parametrize("what", ["hold", "resume", "limit", "default-limit"])
def test_over_the_api_who_may_only_look_changes_nothing(crm, what):
    client = api_client("remote.view_lane")

    assert client.post(f"/api/v1/lanes/{CRM.value}/{what}/", {"why": "x"}, format="json").status_code == 403
    assert api_client("remote.view_lane", "remote.change_lane").post(
        f"/api/v1/lanes/nowhere/{what}/", {"why": "x", "limit": 1}, format="json"
    ).status_code in (400, 404)
