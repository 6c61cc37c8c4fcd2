"""The list of referrals (contract 2, lines P11 to P24 and P43)."""

from __future__ import annotations

import itertools
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests

from hunter.sandbox import identities
from hunter.sandbox.partner_center.moments import comparable
from hunter.sandbox.running import running_sandbox
from tests.hunter.sandbox.callers import PartnerCenterCaller, as_application, refresh
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def large():
    with running_sandbox(companies=150, referrals=260, seed=3) as sandbox:
        yield sandbox


@pytest.fixture
def many(large):
    caller = PartnerCenterCaller(large)
    with caller.session:
        yield caller
    large.control.edit("partner-center", {"next_link": "own"})


def sound(sandbox):
    return [row for row in sandbox.world.referrals if row.get("id") and isinstance(row["customerProfile"], dict)]


def error_code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_p11_without_a_token_it_is_401_with_a_challenge(partner_center):
    del partner_center.session.headers["Authorization"]

    answer = partner_center.call()

    assert error_code(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "scope", [f"{identities.PARTNER_CENTER_CSP_RESOURCE}/.default", f"{identities.GRAPH_RESOURCE}/.default"]
)
def test_p11_a_token_for_another_api_is_401(sandbox, partner_center, scope):
    token = refresh(sandbox, scope=scope).json()["access_token"]

    answer = partner_center.call(headers={"Authorization": f"Bearer {token}"})

    assert error_code(answer) == (401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_p11_an_expired_token_is_401(sandbox, partner_center):
    sandbox.clock.advance(timedelta(hours=2))

    assert error_code(partner_center.call()) == (401, "unauthenticated")


def test_p12_a_user_without_a_role_is_403(sandbox):
    sandbox.control.edit("entra", {"role": ""})

    assert error_code(PartnerCenterCaller(sandbox).call()) == (403, "accessDenied")


def test_p12_an_app_only_token_is_403(sandbox, partner_center):
    token = as_application(sandbox, scope=f"{identities.PARTNER_CENTER_RESOURCE}/.default").json()["access_token"]

    answer = partner_center.call(headers={"Authorization": f"Bearer {token}"})

    assert error_code(answer) == (403, "accessDenied")
    assert answer.json()["error"]["message"].startswith("App-only tokens are not accepted")


def test_p13_a_referral_user_sees_the_rows_of_her_team_only(sandbox):
    sandbox.control.edit("entra", {"role": "ReferralUser"})
    caller = PartnerCenterCaller(sandbox)
    foreign = next(row for row in sound(sandbox) if row["team"][0]["email"] != identities.USER_NAME)

    rows = caller.rows()

    assert rows
    assert all(row["team"][0]["email"] == identities.USER_NAME for row in rows)
    assert caller.call(ident=foreign["id"]).status_code == 404


def test_p14_a_token_without_mfa_is_403_for_want_of_claims(sandbox):
    sandbox.control.edit("entra", {"mfa": False})

    answer = PartnerCenterCaller(sandbox).call()

    assert answer.status_code == 403
    assert answer.json()["error"]["innerError"]["code"] == "insufficent_claims"


def test_p15_pages_have_a_hundred_rows_and_the_last_has_no_link(many):
    pages = list(many.pages(orderby="updatedDateTime asc"))

    assert [len(page["value"]) for page in pages] == [100, 100, 60]
    assert "@odata.nextLink" not in pages[-1]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_p15_all_pages_together_have_every_row_once(large, many, direction):
    rows = many.rows(orderby=f"updatedDateTime {direction}")

    assert sorted(row.get("id") or "" for row in rows) == sorted(row.get("id") or "" for row in large.world.referrals)


@pytest.mark.parametrize(("top", "rows"), [("10", 10), ("100", 100), ("130", 130), ("0", 0)])
def test_p15_top_limits_the_rows_of_the_whole_list(many, top, rows):
    assert len(many.rows(top=top)) == rows


@pytest.mark.parametrize("top", ["-1", "ten", "1.5", ""])
def test_p15_a_top_that_is_no_number_is_refused(many, top):
    assert error_code(many.call(params={"$top": top})) == (400, "invalidRequest")


def test_p15_the_link_carries_the_query_and_takes_no_more(many):
    first = next(many.pages(filter="direction eq 'Incoming'", orderby="updatedDateTime desc"))
    link = first["@odata.nextLink"]

    doubled = many.session.get(link, params={"$top": "5"}, timeout=PATIENCE)
    following = many.session.get(link, timeout=PATIENCE).json()["value"]

    assert urlsplit(link).query.startswith("$skiptoken=")
    assert error_code(doubled) == (400, "invalidRequest")
    assert {row["direction"] for row in following} == {"Incoming"}


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("documented", "{base}/v1.0/referrals?$skiptoken="),
        ("relative", "referrals?$skiptoken="),
        ("foreign", "https://api.partner.microsoft.com.evil.example/"),
        ("own", "{base}/v1.0/engagements/referrals?$skiptoken="),
    ],
)
def test_p16_the_link_can_have_the_odd_forms(large, many, form, start):
    large.control.edit("partner-center", {"next_link": form})

    link = next(many.pages())["@odata.nextLink"]

    assert link.startswith(start.format(base=large.env["PARTNER_CENTER_URL"]))


def test_p16_the_documented_path_itself_leads_nowhere_but_its_skiptoken_does(large, many):
    large.control.edit("partner-center", {"next_link": "documented"})
    link = next(many.pages())["@odata.nextLink"]

    assert many.session.get(link, timeout=PATIENCE).status_code == 404
    assert many.session.get(f"{many.url}?{urlsplit(link).query}", timeout=PATIENCE).status_code == 200


def test_p17_a_tampered_skiptoken_is_refused(many):
    link = next(many.pages())["@odata.nextLink"]
    token = urlsplit(link).query.partition("=")[2]

    for wrong in (token[:-8] + "AAAAAAA=", "AAAA", "", "%00"):
        assert error_code(many.session.get(f"{many.url}?$skiptoken={wrong}", timeout=PATIENCE)) == (
            400,
            "invalidRequest",
        )


def test_p17_a_skiptoken_expires(sandbox, partner_center):
    sandbox.control.reset(companies=60, referrals=120)
    link = next(partner_center.pages())["@odata.nextLink"]

    in_time = partner_center.session.get(link, timeout=PATIENCE).status_code
    sandbox.clock.advance(timedelta(seconds=1))
    sandbox.control.edit("partner-center", {"expire_skiptokens": True})

    assert in_time == 200
    assert error_code(partner_center.session.get(link, timeout=PATIENCE)) == (400, "invalidRequest")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("direction eq 'Incoming'", lambda row: row["direction"] == "Incoming"),
        (
            "status eq 'New' and substatus eq 'Pending'",
            lambda row: (row["status"], row["substatus"]) == ("New", "Pending"),
        ),
        (
            "(status eq 'Closed') and (direction eq 'Incoming')",
            lambda r: (r["status"], r["direction"]) == ("Closed", "Incoming"),
        ),
        ("customerProfile/address/country eq 'TR'", lambda row: row["customerProfile"]["address"]["country"] == "TR"),
        ("team/any(t:t/email eq 'kaya@kuzeybilisim.example')", lambda row: row["team"][0]["email"].startswith("kaya")),
        (
            "type eq 'Shared' and qualification eq 'None'",
            lambda r: (r["type"], r["qualification"]) == ("Shared", "None"),
        ),
        ("externalReferenceId eq null", lambda row: row["externalReferenceId"] is None),
    ],
)
def test_p18_a_filter_gives_the_rows_that_fit(large, many, text, fits):
    wanted = {row["id"] for row in sound(large) if fits(row)}

    rows = [row for row in many.rows(filter=text) if row.get("id") and isinstance(row["customerProfile"], dict)]

    assert wanted
    assert {row["id"] for row in rows} == wanted


@pytest.mark.parametrize(("operator", "count"), [("ge", 41), ("gt", 40), ("le", 220), ("lt", 219), ("eq", 1)])
def test_p18_times_are_compared_whatever_their_digits(many, operator, count):
    rows = many.rows(orderby="updatedDateTime desc")
    border = rows[40]["updatedDateTime"]

    found = many.rows(filter=f"updatedDateTime {operator} {border}")

    assert len(found) == count


def test_p18_one_instant_is_equal_in_every_spelling(sandbox, partner_center):
    for text in ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00.000000Z", "2030-01-01T00:00:00.0000000Z"):
        sandbox.control.edit("partner-center", {"add": {"updatedDateTime": text}})

    assert len(partner_center.rows(filter="updatedDateTime eq 2030-01-01T00:00:00.000Z")) == 3


def test_p18_a_quote_in_a_text_is_doubled(sandbox, partner_center):
    sandbox.control.edit("partner-center", {"add": {"externalReferenceId": "O'Hara"}})

    assert len(partner_center.rows(filter="externalReferenceId eq 'O''Hara'")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "direction ne 'Incoming'", "direction eq 'Incoming' or status eq 'New'", "not (status eq 'New')", "status eq",
        "contains(name,'x')", "startswith(name,'x')", "status in ('New')", "weather eq 'good'", "status gt 'New'",
        "(status eq 'New'", "status eq 'New')", "status eq New", "updatedDateTime ge '2026-05-01T00:00:00Z'",
        "updatedDateTime ge 2026-05-01", "updatedDateTime ge 2026-05-01T00:00:00+00:00", "status eq 'New", "and", "(" * 60,
    ],
)  # fmt: skip
def test_p18_what_is_not_in_the_grammar_is_refused(partner_center, text):
    assert error_code(partner_center.call(params={"$filter": text})) == (400, "invalidRequest")


@pytest.mark.parametrize("field", ["createdDateTime", "updatedDateTime"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_p19_rows_come_in_the_order_asked_for(many, field, direction):
    times = [comparable(row[field]) or "" for row in many.rows(orderby=f"{field} {direction}")]

    assert times == sorted(times, reverse=direction == "desc")


def test_p19_equal_times_keep_the_order_of_the_ids(sandbox, partner_center):
    for _ in range(6):
        sandbox.control.edit("partner-center", {"add": {"updatedDateTime": "2030-01-01T00:00:00Z"}})

    ids = [row["id"] for row in partner_center.rows(filter="updatedDateTime ge 2030-01-01T00:00:00.0000000Z")]

    assert len(ids) == 6
    assert ids == sorted(ids)


@pytest.mark.parametrize("order", ["name asc", "updatedDateTime sideways", "updatedDateTime asc, name"])
def test_p19_another_order_is_refused(partner_center, order):
    assert error_code(partner_center.call(params={"$orderby": order})) == (400, "invalidRequest")


def test_p20_select_gives_exactly_the_named_members(partner_center):
    rows = partner_center.rows(select="status,customerProfile")

    assert {frozenset(row) for row in rows} == {frozenset({"status", "customerProfile"})}
    assert error_code(partner_center.call(params={"$select": "id,weather"})) == (400, "invalidRequest")


def test_p21_a_page_says_its_context_and_its_own_count(many):
    page = next(many.pages())

    assert page["@odata.context"].endswith("$metadata#Referrals")
    assert page["@odata.count"] == len(page["value"]) == 100


def test_p22_marketplace_leads_are_held_and_not_listed(sandbox, partner_center):
    hidden = {row["id"] for row in sandbox.world.marketplace_leads}

    listed = {row.get("id") for row in partner_center.rows()}
    sandbox.control.edit("partner-center", {"marketplace_listed": True})
    listed_by_option = {row.get("id") for row in partner_center.rows()}

    assert hidden
    assert hidden.isdisjoint(listed)
    assert hidden <= listed_by_option


@pytest.mark.parametrize("ident", ["", "no-guid"])
def test_p23_every_answer_has_a_request_id_and_echoes_the_clients(partner_center, ident):
    answer = partner_center.call(ident=ident, headers={"client-request-id": "c-42"})

    assert len(answer.headers["Request-ID"]) == 36
    assert answer.headers["client-request-id"] == "c-42"
    assert "client-request-id" not in partner_center.call(ident=ident).headers


def test_p23_where_the_service_is_strict_a_call_without_an_id_is_refused(sandbox, partner_center):
    sandbox.control.edit("partner-center", {"strict_request_ids": True})

    assert error_code(partner_center.call()) == (400, "invalidRequest")
    assert partner_center.call(headers={"client-request-id": "c-1"}).status_code == 200


def test_p31_what_nobody_answered_for_14_days_is_closed_and_counts_as_changed(sandbox, partner_center):
    waiting = [row for row in sound(sandbox) if row["status"] == "New"]
    late = min(waiting, key=lambda row: row["createdDateTime"])
    sandbox.control.edit("partner-center", {"id": late["id"], "set": {"createdDateTime": "2020-01-01T00:00:00Z"}})
    before = partner_center.call(ident=late["id"]).json()

    expired = sandbox.control.edit("partner-center", {"expire_unanswered": True})["expired"]

    after = partner_center.call(ident=late["id"]).json()
    assert late["id"] in expired
    assert (after["status"], after["substatus"]) == ("Closed", "Expired")
    assert (comparable(after["updatedDateTime"]) or "") > (comparable(before["updatedDateTime"]) or "")
    assert after["eTag"] != before["eTag"]


def test_p24_one_referral_is_read_with_its_etag(sandbox, partner_center):
    row = sound(sandbox)[0]

    answer = partner_center.call(ident=row["id"].upper())

    assert answer.json() == row
    assert answer.headers["ETag"] == row["eTag"]
    assert row["eTag"].startswith('"')


@pytest.mark.parametrize(
    ("ident", "refusal"),
    [("00000000-0000-4000-8000-000000000000", (404, "itemNotFound")), ("4711", (400, "invalidRequest"))],
)
def test_p24_what_is_not_there_is_refused(partner_center, ident, refusal):
    assert error_code(partner_center.call(ident=ident)) == refusal


@pytest.mark.parametrize(("quote", "dollar", "blank"), list(itertools.product(["'", ""], ["$", "%24"], ["+", "%20"])))
def test_p37_and_p43_related_referrals_are_found_in_every_spelling(sandbox, partner_center, quote, dollar, blank):
    row = sound(sandbox)[0]
    text = f"engagementId eq {quote}{row['engagementId']}{quote}".replace(" ", blank)

    found = partner_center.session.get(f"{partner_center.url}?{dollar}filter={text}", timeout=PATIENCE).json()["value"]

    assert [one["id"] for one in found] == [row["id"]]


def test_outgoing_rows_are_hidden_by_the_direction_filter_alone(partner_center):
    incoming = partner_center.rows(filter="direction eq 'Incoming'")
    outgoing = partner_center.rows(filter="direction eq 'Outgoing'")

    assert len(incoming) + len(outgoing) == 40
    assert {(row["status"], row["expirationDateTime"]) for row in outgoing} == {("Active", None)}


def test_a_row_that_changes_between_two_pages_is_seen_again_and_none_is_missed(sandbox, partner_center):
    sandbox.control.reset(companies=60, referrals=150)
    pages = partner_center.pages(orderby="updatedDateTime asc")
    first = next(pages)["value"]
    touched = next(row for row in first if row.get("id"))

    sandbox.control.edit("partner-center", {"id": touched["id"], "set": {"name": "changed"}})
    rows = [*first, *(row for page in pages for row in page["value"])]

    assert [row["name"] for row in rows if row.get("id") == touched["id"]] == [touched["name"], "changed"]
    assert len(rows) == 151


def test_a_row_that_left_our_scope_is_gone(sandbox, partner_center):
    row = sound(sandbox)[0]

    sandbox.control.edit("partner-center", {"remove": row["id"]})

    assert partner_center.call(ident=row["id"]).status_code == 404
    assert len(partner_center.rows()) == 39
