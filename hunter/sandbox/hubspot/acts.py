"""What people in the account do: `{"act": "change", "company": "contoso.com", "properties": {…}}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hunter.sandbox.hubspot.companies import Companies, Company
from hunter.sandbox.hubspot.limits import Limits, Usage
from hunter.sandbox.hubspot.refusals import HubSpotError
from hunter.sandbox.service import EditRefused


class Switches(BaseModel):
    """How the account is: whether the app's token is good, which scopes it has, how far search is behind."""

    model_config = ConfigDict(extra="forbid")

    token_is_good: bool = True
    scopes: tuple[str, ...] = (
        "crm.objects.companies.read", "crm.objects.companies.write", "crm.schemas.companies.read",
        "crm.schemas.companies.write",
    )  # fmt: skip
    index_seconds: float = Field(default=0, ge=0)


@dataclass(slots=True)
class Account:
    """The reach of a person there. The service's lock is held while an act uses it."""

    companies: Companies
    usage: Usage
    switches: Switches

    def company(self, named: str) -> Company:
        """By its id, by Hunter's id, or by its domain: of several the oldest."""
        known = self.companies
        for one in known.everybody():
            if named in (one.object_id, one.values.get("hnt_lead_id"), one.values.get("domain")):
                return one
        found = known.find(named)
        if found is None:
            raise EditRefused(f"No company has the id or the domain '{named}'.", field="company")
        return found


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
        return account.companies.update(account.company(self.company), self.properties).as_json()


class DeleteCompany(_Act):
    act: Literal["delete"]
    company: str

    def apply(self, account: Account) -> dict[str, Any]:
        company = account.company(self.company)
        account.companies.archive(company)
        return {"id": company.object_id}


class MergeCompanies(_Act):
    """`company` stays, `other` goes into it."""

    act: Literal["merge"]
    company: str
    other: str

    def apply(self, account: Account) -> dict[str, Any]:
        return account.companies.merge(account.company(self.company), account.company(self.other)).as_json()


class DropProperty(_Act):
    act: Literal["drop_property"]
    property: str

    def apply(self, account: Account) -> dict[str, Any]:
        if account.companies.schema.properties.pop(self.property, None) is None:
            raise EditRefused(f"There is no property '{self.property}'.", field="property")
        return {"property": self.property}


class WithoutHunter(_Act):
    act: Literal["without_hunter"]

    def apply(self, account: Account) -> dict[str, Any]:
        account.companies.schema.without_hunter()
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
    CreateCompany | ChangeCompany | DeleteCompany | MergeCompanies | DropProperty | WithoutHunter | Switch | Limit
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
