"""Changes to referrals (contract 4, lines P25 to P29 and P33)."""

from __future__ import annotations

import pytest

from hunter.sandbox.partner_center.moments import comparable


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


@pytest.fixture
def fresh(sandbox):
    """A referral that waits for an answer, with one member in its team."""
    member = {"firstName": "Ece", "email": "ece@poyraz.example"}
    return sandbox.control.edit("partner-center", {"add": {"team": [member], "name": "Poyraz"}})


@pytest.fixture
def change(partner_center, fresh):
    def send(*operations, **headers):
        return partner_center.call("PATCH", fresh["id"], json=list(operations), headers=headers)

    return send


@pytest.fixture
def now(partner_center, fresh):
    return lambda: partner_center.call(ident=fresh["id"]).json()


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param({"op": "remove", "path": "/name"}, id="remove"),
        pytest.param({"op": "move", "path": "/name", "from": "/statusReason"}, id="move"),
        pytest.param({"op": "replace", "path": "/name"}, id="without a value"),
        pytest.param(replace("name", "x"), id="no pointer"),
        pytest.param(replace("/weather", "x"), id="an unknown member"),
        pytest.param(replace("/details/weather", "x"), id="an unknown inner member"),
        pytest.param(replace("/team/7/email", "x"), id="beyond the list"),
        *(
            pytest.param(replace(path, "x"), id=f"read-only {path}")
            for path in ("/id", "/engagementId", "/createdDateTime", "/links", "/eTag")
        ),
    ],
)
def test_p25_an_operation_that_is_not_taken_changes_nothing(change, now, operation):
    before = now()

    answer = change(replace("/name", "first"), operation)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalidRequest")
    assert now() == before


def test_p25_the_body_must_be_an_array(partner_center, fresh):
    merged = partner_center.call("PATCH", fresh["id"], json={"name": "x"})
    torn = partner_center.call("PATCH", fresh["id"], data=b"[{")

    assert {merged.status_code, torn.status_code} == {400}


def test_p25_a_member_is_added_to_a_list(change, now):
    change({"op": "add", "path": "/team/-", "value": {"email": "ada@kuzey.example"}})

    assert [member["email"] for member in now()["team"]] == ["ece@poyraz.example", "ada@kuzey.example"]


def test_p26_a_change_is_answered_by_204_without_a_body(change):
    answer = change(replace("/details/notes", "called"))

    assert (answer.status_code, answer.content) == (204, b"")


def test_p26_the_changed_referral_comes_back_when_preferred(change):
    answer = change(replace("/details/notes", "called"), Prefer="return=representation")

    assert answer.status_code == 200
    assert answer.json()["details"]["notes"] == "called"


def test_p27_a_stale_etag_is_refused(change, fresh):
    first = change(replace("/name", "mine"), **{"If-Match": fresh["eTag"]})
    second = change(replace("/name", "theirs"), **{"If-Match": fresh["eTag"]})

    assert first.status_code == 204
    assert second.status_code == 412
    assert second.json()["error"]["code"] == "preconditionFailed"
    assert second.json()["error"]["innerError"]["code"] == "resourceModified"


def test_p27_each_change_moves_etag_and_time_strictly_on(change, now):
    seen = [now()]
    for number in range(3):
        change(replace("/name", f"name {number}"))
        seen.append(now())

    times = [comparable(row["updatedDateTime"]) or "" for row in seen]
    assert times == sorted(set(times))
    assert len({row["eTag"] for row in seen}) == 4


def test_p28_a_change_without_if_match_succeeds(change):
    assert change(replace("/name", "x")).status_code == 204


def test_p28_a_put_without_if_match_is_428_and_with_it_replaces(partner_center, fresh):
    without = partner_center.call("PUT", fresh["id"], json=fresh)
    body = {**fresh, "name": "replaced"}
    given = partner_center.call("PUT", fresh["id"], json=body, headers={"If-Match": fresh["eTag"]})

    assert without.status_code == 428
    assert (given.status_code, given.json()["name"]) == (200, "replaced")


@pytest.mark.parametrize(
    ("steps", "refused"),
    [
        pytest.param([("Active", "Accepted")], False, id="accept"),
        pytest.param([("Closed", "Declined")], False, id="decline"),
        pytest.param([("Active", "Accepted"), ("Closed", "Won")], False, id="win"),
        pytest.param([("New", "Received")], False, id="receive"),
        pytest.param([("Active", "Pending")], True, id="a pair that does not fit"),
        pytest.param([("Closed", "Accepted")], True, id="closed and accepted"),
        pytest.param([("Closed", "Expired")], True, id="expired is set by the service"),
        pytest.param([("Open", "Accepted")], True, id="an unknown status"),
        pytest.param([("Active", "Accepted"), ("New", "Pending")], True, id="back to new"),
        pytest.param([("Closed", "Lost"), ("Active", "Accepted")], True, id="closed is final"),
        pytest.param([("Closed", "Lost"), ("Closed", "Won")], True, id="how it was closed is final"),
    ],
)
def test_p29_a_state_follows_another_by_the_table(change, steps, refused):
    answers = [change(replace("/status", status), replace("/substatus", sub)) for status, sub in steps]

    assert [answer.status_code for answer in answers[:-1]] == [204] * (len(steps) - 1)
    assert answers[-1].status_code == (400 if refused else 204)


def test_p29_a_status_alone_breaks_the_pair(change):
    assert change(replace("/status", "Active")).status_code == 400


@pytest.mark.parametrize(("sent", "stored"), [("10000", 10000), ("18750.50", 18750.5), (24000.0, 24000.0), (7, 7)])
def test_p33_a_deal_value_is_taken_as_text_or_number_and_kept_as_number(change, now, sent, stored):
    change(replace("/details/dealValue", sent))

    assert now()["details"]["dealValue"] == stored


def test_p33_a_deal_value_that_is_no_number_is_refused(change):
    assert change(replace("/details/dealValue", "a lot")).status_code == 400


def test_what_is_not_offered_is_405(partner_center):
    assert partner_center.call("DELETE", json={}).status_code == 405


OWN_DEAL = {
    "type": "Shared", "customerProfile": {"name": "Poyraz Tekstil AS"}, "consent": {"consentToContact": True},
    "details": {"notes": "25 seats"}, "externalReferenceId": "CRM-4712",
}  # fmt: skip


def test_p24_a_referral_comes_with_its_etag_in_body_and_header(partner_center, fresh):
    answer = partner_center.call(ident=fresh["id"])

    assert answer.headers["ETag"] == answer.json()["eTag"]
    assert answer.json()["eTag"].startswith('"')
    assert partner_center.call(ident="00000000-0000-4000-8000-000000000001").json()["error"]["code"] == "itemNotFound"
    assert partner_center.call(ident="no-guid").status_code == 400


def test_p30_a_new_referral_has_what_only_the_server_gives(partner_center):
    sent = OWN_DEAL | {"id": "mine", "eTag": '"mine"', "createdDateTime": "2020-01-01T00:00:00Z", "status": "Closed"}

    answer = partner_center.call("POST", json=sent)

    row = answer.json()
    assert (answer.status_code, row["status"], row["substatus"]) == (201, "Active", "Accepted")
    assert (row["direction"], row["expirationDateTime"]) == ("Outgoing", None)
    assert {row["id"], row["eTag"], row["createdDateTime"]}.isdisjoint(("mine", '"mine"', "2020-01-01T00:00:00Z"))
    assert partner_center.call(ident=row["id"]).json() == row


@pytest.mark.parametrize("missing", ["type", "customerProfile", "consent", "details"])
def test_p30_a_new_referral_needs_its_parts(partner_center, missing):
    sent = {name: value for name, value in OWN_DEAL.items() if name != missing}

    assert partner_center.call("POST", json=sent).status_code == 400


def test_p30_the_same_reference_twice_is_409_where_that_is_switched_on(partner_center, sandbox):
    assert [partner_center.call("POST", json=OWN_DEAL).status_code for _ in range(2)] == [201, 201]
    sandbox.control.edit("partner-center", {"refuse_duplicates": True})

    answer = partner_center.call("POST", json=OWN_DEAL)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "alreadyExists")


def test_p37_p44_two_referrals_of_one_deal_are_found_together(partner_center):
    first = partner_center.call("POST", json=OWN_DEAL).json()
    second = partner_center.call("POST", json=OWN_DEAL | {"engagementId": first["engagementId"]}).json()

    related = partner_center.rows(filter=f"engagementId eq '{first['engagementId']}'")

    assert {row["id"] for row in related} == {first["id"], second["id"]}
