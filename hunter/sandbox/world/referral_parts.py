"""The objects inside a referral: the customer's profile, consent, details, and what names the company's domain."""

from __future__ import annotations

from datetime import date
from random import Random

from hunter.sandbox.world.model import Json, Person, WorldCompany
from hunter.sandbox.world.words import CONSUMER_HOSTS

EVIDENCE = {
    "team": 74,
    "team_after_private": 8,
    "external_list": 5,
    "external_object": 4,
    "website": 4,
    "contact": 2,
    "email": 3,
}
PRODUCTS = ("Microsoft365", "Azure", "Dynamics365Business", "Teams", "PowerBI", "EnterpriseMobilityAndSecurity")
CURRENCIES = ("USD", "EUR", "TRY", "GBP", "JPY")


def member(person: Person) -> Json:
    return {
        "firstName": person.first_name,
        "lastName": person.last_name,
        "phoneNumber": person.phone,
        "email": person.email,
        "title": person.title or None,
        "contactPreference": {"locale": person.locale, "disableNotifications": None},
    }


def whole_profile(company: WorldCompany, *, rng: Random) -> Json:
    """The customer with all members; the team is everybody of the company."""
    in_region = rng.random() < 0.2
    return {
        "name": company.name,
        "address": {
            "addressLine1": f"{rng.choice(('Liman Cad.', 'Hauptstraße', 'High St', 'Atatürk Bulv.'))} {rng.randint(1, 200)}",
            "addressLine2": "",
            "city": company.city,
            "state": None if in_region else "",
            "postalCode": f"{rng.randint(10000, 99999)}",
            "country": company.country,
            "region": company.city if in_region else None,
        },
        "size": rng.choice((company.size, company.size, company.size, "", None)),
        "team": [member(person) for person in company.people],
        "ids": rng.choice(([], {}, None, [{"profileType": "Duns", "id": f"{rng.randint(1, 999999):09d}"}])),
        "isMatchingComplete": rng.random() < 0.5,
    }


def consent(rng: Random) -> Json:
    said: Json = {"consentToToShareInfoWithOthers": rng.random() < 0.8, "consentToContact": rng.random() < 0.9}
    match rng.randint(0, 5):
        case 0:
            del said["consentToToShareInfoWithOthers"]
        case 1:
            said["consentToMicrosoftToContactSpecificPartners"] = None
    return said


def details(rng: Random, *, closing: date) -> Json:
    amount = rng.choice((0, 1500, 24000.0, 18750.5, 99999999.99, rng.randint(500, 90000)))
    return {
        "notes": rng.choice(
            ("", None, "80 mailboxes, Business Premium", "E-posta taşıma, Ağustos'ta", "<b>Sehr</b> eilig")
        ),
        "dealValue": rng.choice((amount, amount, amount, None)),
        "currency": rng.choice(CURRENCIES),
        "closingDateTime": f"{closing.isoformat()}T00:00:00Z",
        "requirements": {
            "industries": [{"id": "Manufacturing"}],
            "products": [{"id": rng.choice(PRODUCTS)}],
            "services": [{"id": "DeploymentOrMigration"}],
            "solutions": [
                {"id": "SOL-1234", "name": "Modern work", "type": "Category", "price": None, "quantity": None}
            ],
            "offers": [],
            "salesPlays": [],
            "additionalRequirements": {"attributes": [{"type": "CustomerMarketplaceIntent", "id": "HaveNotDecided"}]},
        },
        "customerRequestedContact": None,
        "customerAction": None,
        "incentiveLevel": None,
    }


def domain_evidence(referral: Json, company: WorldCompany, *, rng: Random) -> None:
    """Put the company's domain into one of the fields that may name it (domain document e.3), and its tenant id."""
    profile = referral["customerProfile"]
    private = {**member(company.people[0]), "email": f"someone{rng.randint(1, 99)}@{rng.choice(CONSUMER_HOSTS)}"}
    kind = rng.choices(list(EVIDENCE), list(EVIDENCE.values()))[0]
    if kind not in ("team", "team_after_private"):
        profile["team"] = [private] if rng.random() < 0.5 else []
    match kind:
        case "team_after_private":
            profile["team"].insert(0, private)
        case "external_list":
            profile["ids"] = [{"profileType": "External", "id": f"https://www.{company.domain}/"}]
        case "external_object":
            profile["ids"] = {"External": rng.choice((company.domain, f"info@{company.domain}"))}
        case "website":
            profile[rng.choice(("website", "companyWebsite"))] = f"HTTPS://www.{company.domain}/iletisim?dil=tr"
        case "contact":
            referral["contact"] = {"email": company.people[0].email}
        case "email":
            referral["email"] = f"{company.name} <info@{company.domain}>"
        case _:
            _own_number(profile, rng=rng)
    if company.tenant_id:
        _tenant(referral, company.tenant_id, rng=rng)


def _own_number(profile: Json, *, rng: Random) -> None:
    if rng.random() < 0.1:
        number = f"CRM-{rng.randint(1000, 9999)}"
        profile["ids"] = rng.choice(([{"profileType": "External", "id": number}], {"External": number}))


def _tenant(referral: Json, tenant_id: str, *, rng: Random) -> None:
    ids = referral["customerProfile"]["ids"]
    if isinstance(ids, list) and rng.random() < 0.5:
        ids.append({"profileType": "AzureTenantId", "id": tenant_id})
    else:
        referral["azureTenantId"] = tenant_id
