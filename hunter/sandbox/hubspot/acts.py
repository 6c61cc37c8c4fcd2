"""What people in the account do: `{"act": "change", "company": "contoso.com", "properties": {…}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hunter.sandbox.hubspot.account import Account, Switches
from hunter.sandbox.hubspot.limits import Limits
from hunter.sandbox.hubspot.records import Record, Records
from hunter.sandbox.hubspot.refusals import HubSpotError
from hunter.sandbox.service import EditRefused


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CreateCompany(_Act):
    act: Literal["create"]
    properties: dict[str, Any]

    def apply(self, account: Account) -> dict[str, Any]:
        return account.companies.create(self.properties).as_json()


class ChangeCompany(_Act):
    act: Literal["change"]
    company: str
    properties: dict[str, Any]

    def apply(self, account: Account) -> dict[str, Any]:
        return account.companies.update(_company(account, self.company), self.properties).as_json()


class DeleteCompany(_Act):
    act: Literal["delete"]
    company: str

    def apply(self, account: Account) -> dict[str, Any]:
        company = _company(account, self.company)
        account.archive(company)
        return {"id": company.object_id}


class MergeCompanies(_Act):
    """A new company in place of both, with the values of `company` first."""

    act: Literal["merge"]
    company: str
    other: str

    def apply(self, account: Account) -> dict[str, Any]:
        return account.merge(_company(account, self.company), _company(account, self.other)).as_json()


class CreateContact(_Act):
    """`company` where the contact belongs to one."""

    act: Literal["create_contact"]
    properties: dict[str, Any]
    company: str = ""

    def apply(self, account: Account) -> dict[str, Any]:
        made = account.contacts.create(self.properties)
        if self.company:
            account.link(made, _company(account, self.company))
        return made.as_json()


class ChangeContact(_Act):
    act: Literal["change_contact"]
    contact: str
    properties: dict[str, Any]

    def apply(self, account: Account) -> dict[str, Any]:
        return account.contacts.update(_contact(account, self.contact), self.properties).as_json()


class DeleteContact(_Act):
    act: Literal["delete_contact"]
    contact: str

    def apply(self, account: Account) -> dict[str, Any]:
        contact = _contact(account, self.contact)
        account.archive(contact)
        return {"id": contact.object_id}


class UnlinkContact(_Act):
    act: Literal["unlink_contact"]
    contact: str
    company: str

    def apply(self, account: Account) -> dict[str, Any]:
        contact, company = _contact(account, self.contact), _company(account, self.company)
        account.unlink(contact, company)
        return {"id": contact.object_id}


class DropProperty(_Act):
    act: Literal["drop_property"]
    property: str
    of: Literal["companies", "contacts"] = "companies"

    def apply(self, account: Account) -> dict[str, Any]:
        if account.of_type(self.of).schema.properties.pop(self.property, None) is None:
            raise EditRefused(f"There is no property '{self.property}'.", field="property")
        return {"property": self.property}


class WithoutHunter(_Act):
    act: Literal["without_hunter"]

    def apply(self, account: Account) -> dict[str, Any]:
        for records in (account.companies, account.contacts):
            records.schema.without_hunter()
        return {}


class Switch(_Act):
    act: Literal["switch"]
    switches: dict[str, Any]

    def apply(self, account: Account) -> dict[str, Any]:
        account.switches = Switches.model_validate(account.switches.model_dump() | self.switches)
        return account.switches.model_dump(mode="json")


class Limit(_Act):
    act: Literal["limit"]
    limits: Limits

    def apply(self, account: Account) -> dict[str, Any]:
        account.usage.limits = self.limits
        return self.limits.model_dump()


HubSpotAct = (
    CreateCompany
    | ChangeCompany
    | DeleteCompany
    | MergeCompanies
    | CreateContact
    | ChangeContact
    | DeleteContact
    | UnlinkContact
    | DropProperty
    | WithoutHunter
    | Switch
    | Limit
)
_ACTS: TypeAdapter[HubSpotAct] = TypeAdapter(Annotated[HubSpotAct, Field(discriminator="act")])


def apply_act(change: Mapping[str, Any], account: Account) -> dict[str, Any]:
    """Raises EditRefused that names the member of the change that is wrong."""
    try:
        return _ACTS.validate_python(dict(change)).apply(account)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or "act"
        raise EditRefused(f"{field}: {first['msg']}", field=field) from error
    except HubSpotError as error:
        raise EditRefused(str(error), field="properties") from error


def _company(account: Account, named: str) -> Record:
    """By its id, by Hunter's id, or by its domain: of several the oldest."""
    return _named(account.companies, named, by="domain", field="company")


def _contact(account: Account, named: str) -> Record:
    """By its id, by Hunter's id, or by its address."""
    return _named(account.contacts, named, by="email", field="contact")


def _named(known: Records, named: str, *, by: str, field: str) -> Record:
    for one in known.everybody():
        if named in (one.object_id, one.values.get("hnt_lead_id"), one.values.get(by)):
            return one
    found = known.find(named)
    if found is None:
        raise EditRefused(f"No {field} is known as '{named}'.", field=field)
    return found
