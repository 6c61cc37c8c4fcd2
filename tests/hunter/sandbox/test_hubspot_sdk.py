"""HubSpot's own client for Python works against the simulated HubSpot, so that it is not only what ours expects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm import companies, contacts, properties
from hubspot.crm.companies.exceptions import ApiException, ForbiddenException, NotFoundException, UnauthorizedException

HUNTER_ID = "hnt_lead_id"


class Clients:
    """Makes the client's parts as it does itself, and closes their connections in the end."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._pools: list[Any] = []

    def make(self, package: Any, name: str, config: dict[str, Any]) -> Any:
        configuration = package.Configuration(host=self._host)
        configuration.access_token = config["access_token"]
        client = package.ApiClient(configuration=configuration)
        self._pools.append(client.rest_client.pool_manager)
        return getattr(package, name)(api_client=client)

    def close(self) -> None:
        for pool in self._pools:
            pool.clear()


@pytest.fixture
def clients(sandbox) -> Iterator[Clients]:
    clients = Clients(sandbox.env["HUBSPOT_URL"])
    yield clients
    clients.close()


@pytest.fixture
def sdk(sandbox, clients) -> HubSpot:
    return HubSpot(access_token=sandbox.env["HUBSPOT_TOKEN"], api_factory=clients.make)


@pytest.fixture
def company_calls(sdk):
    """The client's calls for single companies."""
    return sdk.crm.companies.basic_api


def values(**known: str) -> companies.SimplePublicObjectInputForCreate:
    return companies.SimplePublicObjectInputForCreate(properties=known, associations=[])


def said(error: ApiException) -> dict[str, object]:
    told: dict[str, object] = json.loads(error.body)
    return told


def test_it_creates_and_reads_a_company(company_calls):
    made = company_calls.create(values(name="Contoso", domain="contoso.com", hnt_finalscore="74"))

    read = company_calls.get_by_id(made.id, properties=["name", "hnt_finalscore"])

    assert (read.properties["name"], read.properties["hnt_finalscore"]) == ("Contoso", "74")
    assert (read.id, read.updated_at, read.archived) == (made.id, made.updated_at, False)


def test_it_reads_and_updates_by_a_unique_property(company_calls):
    company_calls.create(values(name="Contoso", hnt_lead_id="a-1"))

    changed = companies.SimplePublicObjectInput(properties={"hnt_finalscore": "12", "name": ""})
    company_calls.update("a-1", changed, id_property=HUNTER_ID)

    read = company_calls.get_by_id("a-1", id_property=HUNTER_ID, properties=["name", "hnt_finalscore"])
    assert (read.properties["name"], read.properties["hnt_finalscore"]) == (None, "12")


def test_a_value_of_a_unique_property_is_taken_once(company_calls):
    first = company_calls.create(values(hnt_lead_id="a-1"))

    with pytest.raises(ApiException) as refused:
        company_calls.create(values(hnt_lead_id="a-1"))

    told = said(refused.value)
    assert (refused.value.status, told["category"]) == (400, "VALIDATION_ERROR")
    assert "CONFLICTING_UNIQUE_VALUE" in str(told["message"])
    assert first.id in str(told["message"])


def test_each_write_is_later_than_the_one_before(company_calls):
    made = company_calls.create(values(name="Contoso"))

    changed = company_calls.update(made.id, companies.SimplePublicObjectInput(properties={"name": "Contoso AG"}))

    assert changed.updated_at > made.updated_at
    assert company_calls.get_by_id(made.id).updated_at == changed.updated_at


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"nothing_like_it": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"hnt_segment": "Nowhere"}, "INVALID_OPTION"),
        ({"hs_object_id": "7"}, "READ_ONLY_VALUE"),
    ],
)
def test_what_a_property_does_not_take_is_refused_by_its_code(company_calls, wrong, code):
    with pytest.raises(ApiException) as refused:
        company_calls.create(values(**wrong))

    assert refused.value.status == 400
    assert code in str(said(refused.value)["errors"])


def test_it_searches_by_domain_and_by_time_page_by_page(sdk, company_calls):
    for number in range(5):
        company_calls.create(values(name=f"Company {number}", domain=f"company-{number}.com"))
    wanted = companies.Filter(property_name="domain", operator="IN", values=["company-1.com", "company-3.com"])
    since = companies.Filter(property_name="hs_lastmodifieddate", operator="GTE", value="0")

    by_domain = sdk.crm.companies.search_api.do_search(ask(wanted))
    first = sdk.crm.companies.search_api.do_search(ask(since, limit=3))
    second = sdk.crm.companies.search_api.do_search(ask(since, limit=3, after=first.paging.next.after))

    assert {one.properties["domain"] for one in by_domain.results} == {"company-1.com", "company-3.com"}
    assert (first.total, len(first.results), len(second.results), second.paging) == (5, 3, 2, None)


def ask(wanted: companies.Filter, **more: object) -> companies.PublicObjectSearchRequest:
    sorts = [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}]
    groups = [companies.FilterGroup(filters=[wanted])]
    return companies.PublicObjectSearchRequest(filter_groups=groups, sorts=sorts, properties=["domain"], **more)


def test_it_reads_and_upserts_several_at_once(sdk, company_calls):
    inputs = [
        companies.SimplePublicObjectBatchInputUpsert(
            id=f"a-{number}", id_property=HUNTER_ID, properties={"name": f"Company {number}"}
        )
        for number in range(2)
    ]
    upsert = companies.BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
    made, again = (sdk.crm.companies.batch_api.upsert(upsert) for _ in range(2))

    read = sdk.crm.companies.batch_api.read(
        companies.BatchReadInputSimplePublicObjectId(
            inputs=[{"id": "a-0"}, {"id": "a-7"}],
            id_property=HUNTER_ID,
            properties=["name"],
            properties_with_history=[],
        )
    )

    assert [one.id for one in made.results] == [one.id for one in again.results]
    assert [one.properties["name"] for one in read.results] == ["Company 0"]
    assert len(read.errors) == 1


def test_a_company_that_is_archived_is_not_found(company_calls):
    made = company_calls.create(values(name="Contoso"))

    company_calls.archive(made.id)

    with pytest.raises(NotFoundException):
        company_calls.get_by_id(made.id)
    assert [one.id for one in company_calls.get_page(archived=True).results] == [made.id]


def merged(company_calls, primary: Any, other: Any) -> Any:
    merge = companies.PublicMergeInput(primary_object_id=primary.id, object_id_to_merge=other.id)
    return company_calls.merge(merge)


def test_two_companies_that_were_merged_both_answer_as_a_new_one_with_the_values_of_the_first(company_calls):
    first, other = (
        company_calls.create(values(name="First")), company_calls.create(values(name="Other", phone="+49 30 1"))
    )  # fmt: skip

    made = merged(company_calls, first, other)

    names = ["name", "phone", "hs_merged_object_ids"]
    read = [company_calls.get_by_id(one.id, properties=names) for one in (first, other)]
    assert made.id not in {first.id, other.id}
    assert [(one.id, *(one.properties[name] for name in names)) for one in read] == [
        (made.id, "First", "+49 30 1", f"{first.id};{other.id}")
    ] * 2
    assert [one.id for one in company_calls.get_page().results] == [made.id]


def test_a_company_tells_what_both_held_that_it_was_made_of(sdk, company_calls):
    first, other = (company_calls.create(values(**{HUNTER_ID: name})) for name in ("a-1", "a-2"))
    company_calls.update(other.id, companies.SimplePublicObjectInput(properties={HUNTER_ID: "a-3"}))

    made = merged(company_calls, first, other)

    def held(record):
        return {one.value for one in record.properties_with_history[HUNTER_ID]}

    one = company_calls.get_by_id(made.id, properties=[HUNTER_ID], properties_with_history=[HUNTER_ID])
    read = sdk.crm.companies.batch_api.read(
        companies.BatchReadInputSimplePublicObjectId(
            inputs=[{"id": made.id}], properties=[HUNTER_ID], properties_with_history=[HUNTER_ID]
        )
    )
    assert (one.properties[HUNTER_ID], one.properties_with_history[HUNTER_ID][0].value) == ("a-1", "a-1")
    assert held(one) == held(read.results[0]) == {"a-1", "a-2", "a-3"}
    with pytest.raises(NotFoundException):
        company_calls.get_by_id("a-3", id_property=HUNTER_ID)


def test_a_search_finds_the_companies_that_were_merged(sdk, company_calls):
    first, other, _ = (company_calls.create(values(name=name)) for name in ("First", "Other", "Alone"))
    made = merged(company_calls, first, other)
    wish = companies.PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "hs_merged_object_ids", "operator": "HAS_PROPERTY"}]}],
        sorts=[{"propertyName": "hs_lastmodifieddate", "direction": "DESCENDING"}], properties=["name"], limit=10, after="0",
    )  # fmt: skip

    found = sdk.crm.companies.search_api.do_search(wish)

    assert [one.id for one in found.results] == [made.id]


def test_it_reads_properties_and_makes_a_group_and_a_unique_one(sdk):
    sdk.crm.properties.groups_api.create("companies", properties.PropertyGroupCreate(name="notes", label="Notes"))
    wish = properties.PropertyCreate(
        name="note_number", label="Number", type="string", field_type="text", group_name="notes", has_unique_value=True
    )
    sdk.crm.properties.core_api.create("companies", wish)

    known = {one.name: one for one in sdk.crm.properties.core_api.get_all("companies").results}

    assert known["note_number"].has_unique_value
    assert {one.value: one.label for one in known["hnt_segment"].options}["skip"] == "Skip"
    assert known["hs_object_id"].modification_metadata.read_only_value


def test_a_token_that_is_no_good_and_a_scope_that_is_missing_are_told(sandbox, clients, company_calls):
    stranger = HubSpot(access_token="pat-of-nobody", api_factory=clients.make)
    with pytest.raises(UnauthorizedException):
        stranger.crm.companies.basic_api.get_page()

    sandbox.control.edit("hubspot", {"act": "switch", "switches": {"scopes": ["crm.objects.companies.read"]}})
    with pytest.raises(ForbiddenException) as refused:
        company_calls.create(values(name="Contoso"))
    assert "crm.objects.companies.write" in str(said(refused.value)["errors"])


@pytest.mark.parametrize(
    ("limits", "policy"),
    [({"requests": 2}, "TEN_SECONDLY_ROLLING"), ({"searches": 1}, "SECONDLY")],
)
def test_too_many_calls_break_a_policy(sandbox, sdk, limits, policy):
    sandbox.control.edit("hubspot", {"act": "limit", "limits": limits})
    since = companies.Filter(property_name="hs_lastmodifieddate", operator="GTE", value="0")

    def search_often() -> None:
        for _ in range(3):
            sdk.crm.companies.search_api.do_search(ask(since))

    with pytest.raises(ApiException) as refused:
        search_often()

    assert (refused.value.status, said(refused.value)["policyName"]) == (429, policy)


# --- contacts -----------------------------------------------------------------------------------------------------


@pytest.fixture
def contact_calls(sdk):
    """The client's calls for single contacts."""
    return sdk.crm.contacts.basic_api


def person(*companies_of: str, **known: str) -> contacts.SimplePublicObjectInputForCreate:
    kind = contacts.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=279)
    links = [
        contacts.PublicAssociationsForObject(to=contacts.PublicObjectId(id=one), types=[kind]) for one in companies_of
    ]
    return contacts.SimplePublicObjectInputForCreate(properties=known, associations=links)


def linked(sdk: HubSpot, of: str, number: str, to: str) -> list[str]:
    return [one.to_object_id for one in sdk.crm.associations.v4.basic_api.get_page(of, number, to).results]


def test_it_creates_a_contact_of_a_company_and_reads_it_by_id_by_address_and_by_a_unique_property(
    sdk, company_calls, contact_calls
):
    company = company_calls.create(values(name="Contoso"))

    made = contact_calls.create(person(company.id, email="Ada@Contoso.com", firstname="Ada", hnt_lead_id="a-1"))

    by_id = contact_calls.get_by_id(made.id)
    by_mail = contact_calls.get_by_id("ada@contoso.com", id_property="email")
    by_key = contact_calls.get_by_id("a-1", id_property=HUNTER_ID, properties=["email", "firstname"])
    assert by_id.id == by_mail.id == by_key.id == made.id
    assert (by_key.properties["email"], by_key.properties["firstname"]) == ("ada@contoso.com", "Ada")
    assert linked(sdk, "contacts", made.id, "companies") == [company.id]
    assert linked(sdk, "companies", company.id, "contacts") == [made.id]


def test_a_second_contact_with_an_address_is_refused_with_the_number_of_the_first(contact_calls):
    first = contact_calls.create(person(email="ada@contoso.com"))

    with pytest.raises(contacts.ApiException) as refused:
        contact_calls.create(person(email="ADA@contoso.com"))

    told = said(refused.value)
    assert (refused.value.status, told["category"]) == (409, "CONFLICT")
    assert told["message"] == f"Contact already exists. Existing ID: {first.id}"


@pytest.mark.parametrize(
    ("wrong", "code"), [({"email": "ada"}, "INVALID_EMAIL"), ({"hnt_lead_id": "a-1"}, "CONFLICTING_UNIQUE_VALUE")]
)
def test_what_a_contact_does_not_take_is_refused_by_its_code(contact_calls, wrong, code):
    contact_calls.create(person(email="bob@contoso.com", hnt_lead_id="a-1"))

    with pytest.raises(contacts.ApiException) as refused:
        contact_calls.create(person(**wrong))

    assert refused.value.status == 400
    assert code in str(said(refused.value)["errors"])


def test_a_contact_of_a_company_that_is_not_there_is_not_made(contact_calls):
    with pytest.raises(contacts.ApiException) as refused:
        contact_calls.create(person("7", email="ada@contoso.com"))

    assert refused.value.status == 404
    assert contact_calls.get_page().results == []


def test_it_links_a_contact_with_a_company_and_takes_the_link_away(sdk, company_calls, contact_calls):
    company, contact = company_calls.create(values(name="Contoso")), contact_calls.create(person(firstname="Ada"))
    links = sdk.crm.associations.v4.basic_api

    for _ in range(2):
        answer = links.create_default("contacts", contact.id, "companies", company.id)
    told = {(one.association_spec.association_type_id, one.to.id) for one in answer.results}
    there = linked(sdk, "companies", company.id, "contacts")
    links.archive("contacts", contact.id, "companies", company.id)

    assert (answer.status, told) == ("COMPLETE", {(279, company.id), (280, contact.id)})
    assert (there, linked(sdk, "companies", company.id, "contacts")) == ([contact.id], [])


def test_a_company_counts_its_contacts_and_is_later_changed_thereby(sdk, company_calls, contact_calls):
    company = company_calls.create(values(name="Contoso"))
    contact = contact_calls.create(person(company.id, email="ada@contoso.com"))

    counted = company_calls.get_by_id(company.id, properties=["num_associated_contacts"])
    contact_calls.archive(contact.id)
    after = company_calls.get_by_id(company.id, properties=["num_associated_contacts"])

    assert (counted.properties["num_associated_contacts"], after.properties["num_associated_contacts"]) == ("1", "0")
    assert company.updated_at < counted.updated_at < after.updated_at
    with pytest.raises(contacts.exceptions.NotFoundException):
        contact_calls.get_by_id(contact.id)


def test_it_changes_searches_and_reads_several_contacts(sdk, contact_calls):
    for number in range(3):
        contact_calls.create(person(email=f"ada-{number}@contoso.com", hnt_lead_id=f"a-{number}"))
    contact_calls.create(person(email="bob@contoso.com"))
    contact_calls.update("a-1", contacts.SimplePublicObjectInput(properties={"jobtitle": "CTO"}), id_property=HUNTER_ID)
    marked = contacts.Filter(property_name=HUNTER_ID, operator="HAS_PROPERTY")
    since = contacts.Filter(property_name="lastmodifieddate", operator="GTE", value="0")

    found = sdk.crm.contacts.search_api.do_search(
        contacts.PublicObjectSearchRequest(
            filter_groups=[contacts.FilterGroup(filters=[marked, since])],
            sorts=[{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
            properties=["jobtitle"],
        )
    )
    read = sdk.crm.contacts.batch_api.read(
        contacts.BatchReadInputSimplePublicObjectId(
            inputs=[{"id": "a-0"}, {"id": "a-7"}],
            id_property=HUNTER_ID,
            properties=["email"],
            properties_with_history=[],
        )
    )

    assert [one.properties["jobtitle"] for one in found.results] == [None, None, "CTO"]
    assert ([one.properties["email"] for one in read.results], len(read.errors)) == (["ada-0@contoso.com"], 1)


def test_contacts_of_companies_that_were_merged_belong_to_the_new_one(sdk, company_calls, contact_calls):
    first, other = company_calls.create(values(name="First")), company_calls.create(values(name="Other"))
    people = [contact_calls.create(person(one.id, email=f"ada@{one.id}.com")).id for one in (first, other)]

    made = merged(company_calls, first, other)

    assert sorted(linked(sdk, "companies", made.id, "contacts")) == sorted(people)


def test_contacts_have_properties_and_scopes_of_their_own(sandbox, sdk, contact_calls):
    wish = properties.PropertyCreate(
        name="note_number", label="Number", type="string", field_type="text", group_name="contactinformation"
    )
    sdk.crm.properties.core_api.create("contacts", wish)
    known = {
        name: {one.name for one in sdk.crm.properties.core_api.get_all(name).results}
        for name in ("contacts", "companies")
    }
    sandbox.control.edit("hubspot", {"act": "switch", "switches": {"scopes": ["crm.objects.companies.write"]}})

    assert ("note_number" in known["contacts"], "note_number" in known["companies"]) == (True, False)
    with pytest.raises(contacts.exceptions.ForbiddenException) as refused:
        contact_calls.create(person(email="ada@contoso.com"))
    assert "crm.objects.contacts.write" in str(said(refused.value)["errors"])
