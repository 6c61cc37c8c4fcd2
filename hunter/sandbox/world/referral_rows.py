"""One referral of each kind. Members and their null and empty habits follow contract section 3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from hunter.sandbox import identities
from hunter.sandbox.world.companies import guid
from hunter.sandbox.world.model import Json, Person, WorldCompany
from hunter.sandbox.world.referral_parts import consent, details, domain_evidence, member, whole_profile
from hunter.sandbox.world.words import CONSUMER_HOSTS, LANDS, SYLLABLES

URL = "https://api.partner.microsoft.com/v1.0/engagements/referrals"
SPREAD = timedelta(days=120)
FRACTIONS = (7, 7, 7, 7, 7, 7, 7, 6, 0)

STATES = (
    ("New", "Pending", 22), ("New", "Received", 14), ("Active", "Accepted", 32), ("Closed", "Won", 8), ("Closed", "Lost", 9),
    ("Closed", "Declined", 7), ("Closed", "Expired", 8),
)  # fmt: skip
MICROSOFT = {"organizationId": "msft", "organizationName": "Microsoft"}
OTHER_PARTNER = {"organizationId": "5e000000-0000-4000-8000-000000000077", "organizationName": "Beispiel Partner GmbH"}
OWN = {"organizationId": identities.TENANT_ID, "organizationName": identities.PARTNER_NAME}
KINDS = (
    ("Independent", "SalesQualified", MICROSOFT, 26), ("Independent", "MarketingQualified", MICROSOFT, 14),
    ("Shared", "SalesQualified", OTHER_PARTNER, 22), ("Independent", "None", OWN, 10),
    ("Shared", "None", OWN, 12), ("Shared", "SalesQualified", MICROSOFT, 6),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Where a row stands in the list, the day of the world, and the chance that it draws on."""

    number: int
    today: date
    rng: Random


def moment(at: datetime, *, digits: int) -> str:
    """A time as Partner Center writes it: 7 digits of fraction, sometimes 6 or none."""
    text = at.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}Z" if digits == 0 else f"{text}.{f'{at.microsecond:06d}0'[:digits]}Z"


def of_company(company: WorldCompany, row: Row) -> Json:
    """A referral whose fields name one company."""
    referral = _referral(company.name, company, row)
    domain_evidence(referral, company, rng=row.rng)
    return referral


def of_two(first: WorldCompany, second: WorldCompany, row: Row) -> Json:
    """The contacts are of two companies: a person must decide."""
    referral = _referral(first.name, first, row)
    referral["customerProfile"]["team"] = [member(first.people[0]), member(second.people[0])]
    return referral


def without_domain(row: Row) -> Json:
    """Only private addresses, or none at all."""
    land = row.rng.choice(LANDS)
    stem = "".join(row.rng.sample(SYLLABLES, 3)).capitalize()
    name = f"{stem} {row.rng.choice(land.trades).written}"
    first, last = row.rng.choice(land.first_names), row.rng.choice(land.last_names)
    email = f"{stem.lower()}{row.rng.randint(1, 99)}@{row.rng.choice(CONSUMER_HOSTS)}"
    person = Person(first, last, email if row.rng.random() < 0.7 else "", f"{land.phone}11 11", "", land.locale)
    company = WorldCompany("", name, land.country, row.rng.choice(land.cities), "", "", (person,))
    referral = _referral(name, company, row)
    referral["customerProfile"]["team"] = [member(person)] if row.rng.random() < 0.8 else []
    return referral


def outgoing(company: WorldCompany, row: Row) -> Json:
    """A deal that the partner made itself: accepted from the start, without an end (P44)."""
    referral = of_company(company, row)
    referral |= {"direction": "Outgoing", "status": "Active", "substatus": "Accepted", "expirationDateTime": None}
    referral |= {"qualification": "SalesQualified", "acceptedDateTime": referral["createdDateTime"]}
    referral["inviteContext"] = {"notes": "", "invitedBy": dict(OWN)}
    referral["consent"]["consentToShareReferralWithMicrosoftSellers"] = row.rng.random() < 0.5
    return referral


def marketplace_lead(company: WorldCompany, row: Row) -> Json:
    referral = of_company(company, row)
    invited_by = dict(MICROSOFT) if row.rng.random() < 0.5 else None
    referral |= {
        "type": "Independent",
        "qualification": "Direct",
        "inviteContext": {"notes": "", "invitedBy": invited_by},
    }
    return referral | {"referralSource": "AzureMarketplace", "callToAction": "GetItNow"}


def without_id(company: WorldCompany, row: Row) -> Json:
    """A row that can't be stored: its id is missing, or null."""
    referral = of_company(company, row)
    if row.number % 2:
        del referral["id"]
    else:
        referral["id"] = None
    return referral


def of_wrong_types(company: WorldCompany, row: Row) -> Json:
    """A row with an id and little else that can be read."""
    unreadable = {"name": 4711, "status": ["New"], "customerProfile": "Lodos Lojistik", "details": []}
    return of_company(company, row) | unreadable


def with_odd_members(rows: tuple[Json, ...]) -> tuple[Json, ...]:
    """Put the habits seen once in a while on the first sound rows: long notes, HTML, line breaks, one object for a list."""
    sound = [row for row in rows if isinstance(row.get("customerProfile"), dict) and row.get("id")]
    for number, row in enumerate(sound[:6]):
        profile = row["customerProfile"]
        match number:
            case 0:
                row["details"]["notes"] = "Uzun not: İıŞşĞğ 🚀 " * 1730
            case 1:
                row["details"]["notes"] = "<p>80 mailboxes</p><script>alert('x')</script>&nbsp;<b>urgent</b>"
            case 2:
                row["name"] = "Two lines\r\nin a name 🧭"
            case 3 if len(profile["team"]) == 1:
                profile["team"] = profile["team"][0]
            case 4:
                profile["name"] = f"{profile['name']} &amp; Co"
            case 5:
                row |= {"substatus": "Engaged", "memberOfNextYear": {"kept": True}, "quality": "Surprising"}
    return rows


def _referral(name: str, company: WorldCompany, row: Row) -> Json:
    rng = row.rng
    # The milliseconds are the row's own: no two rows were changed at the same instant.
    start = datetime.combine(row.today, time(), tzinfo=UTC) - SPREAD
    updated = start + timedelta(minutes=17 * row.number % (118 * 24 * 60), microseconds=1000 * row.number + 123)
    created = updated - timedelta(days=rng.randint(0, 20), minutes=rng.randint(1, 600))
    expires = datetime.combine(row.today, time(), tzinfo=UTC) + timedelta(days=rng.randint(1, 14))
    status, substatus = _weighted(STATES, rng)
    kind, qualification, invited_by = _weighted(KINDS, rng)
    ident, engagement = guid(rng), guid(rng)
    digits = rng.choice(FRACTIONS)
    row_of_service: Json = {
        "id": ident,
        "engagementId": engagement,
        "organizationId": identities.TENANT_ID,
        "organizationName": identities.PARTNER_NAME,
        "name": f"{name} - {rng.choice(('mail migration', 'Microsoft 365', 'Azure taşıma', 'Copilot Pilot', '更新'))}",
        "externalReferenceId": rng.choice(("", "", None, f"CRM-{rng.randint(1000, 9999)}")),
        "createdDateTime": moment(created, digits=digits),
        "updatedDateTime": moment(updated, digits=digits),
        "expirationDateTime": moment(expires, digits=0) if status == "New" else None,
        "acceptedDateTime": moment(updated, digits=digits) if status == "Active" else None,
        "closedDateTime": moment(updated, digits=digits) if status == "Closed" else None,
        "status": status,
        "substatus": substatus,
        "statusReason": "Budget was cut" if substatus == "Lost" else None,
        "qualification": qualification,
        "type": kind,
        "direction": "Incoming",
        "referralSource": None,
        "callToAction": None,
        "customerProfile": whole_profile(company, rng=rng),
        "consent": consent(rng),
        "details": details(rng, closing=row.today + timedelta(days=rng.randint(10, 200))),
        "team": [{"firstName": "Ada", "lastName": "Satıcı", "email": identities.USER_NAME, "phoneNumber": "0"}]
        if rng.random() < 0.5
        else [{"firstName": "Kaya", "lastName": "Ortak", "email": "kaya@kuzeybilisim.example", "phoneNumber": "0"}],
        "inviteContext": {
            "notes": rng.choice(("", "please help", "müşteri aranmayı bekliyor")),
            "invitedBy": dict(invited_by),
        },
        "target": rng.choice(([], [{"type": "BusinessProfileLocation", "id": "01e20000-0000-4000-8000-000000000003"}])),
        "eTag": f'"{ident[:8]}-0000-0000-0000-{rng.getrandbits(48):012x}"',
        "links": {
            "relatedReferrals": {"uri": f"{URL}?$filter=engagementId eq {engagement}", "method": "GET"},
            "self": {"uri": f"{URL}/{ident}", "method": "GET"},
        },
    }
    return row_of_service | _observed_members(rng)


def _observed_members(rng: Random) -> Json:
    """Members that real rows carry and no documentation names."""
    return {
        "campaignId": None,
        "salesStage": rng.choice((None, "Qualify", "100")),
        "quality": "Unknown",
        "isSpam": False,
        "favorite": False,
        "tags": [],
        "mpnId": "1234567",
        "createdVia": None,
        "lastModifiedVia": None,
        "lastRunId": None,
        "referralProgram": None,
        "dealSensitivity": "None",
        "registrationStatus": "None",
        "customerMarketplaceIntent": None,
        "trackingInfo": {"microsoftMsxId": None, "microsoftUSFedOpportunityId": None, "migratedPSCDealId": None},
    }


def _weighted(choices: tuple[tuple[Any, ...], ...], rng: Random) -> tuple[Any, ...]:
    """One of the choices by the weight that each has as its last member, without it."""
    return tuple(rng.choices(choices, [one[-1] for one in choices])[0][:-1])
