"""What Partner Center sends, field by field (contract section 3).

A value of a wrong type is left out and told in the warnings; unknown members are passed over here and kept in the raw row.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from hunter.errors import HunterError

EARLIEST_YEAR = 1900  # 0001-01-01 is how the service's platform writes "no time"
UNLISTED = "hunter:unlisted"  # no name that the service may use
EXPECTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
WORDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


class UnreadableReferral(HunterError):
    """A row that can't be stored: it is no object, or has no id. It becomes an error record; the others go on."""


def read_text(value: object) -> object:
    """A missing text is empty; a whole number stands for itself."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else value


def read_time(value: object) -> datetime | None:
    """A time with any number of decimals, in UTC where it names no offset; raises ValueError for anything else."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("is not a time")
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a time") from error
    if moment.year < EARLIEST_YEAR:
        raise ValueError("is too far back to be a time")
    return moment


def read_amount(value: object) -> Decimal | None:
    """A number, or a number as text; raises ValueError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("is not a number")
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError("is not a number") from error
    if not amount.is_finite():
        raise ValueError("is not a number")
    return amount


def read_object(value: object) -> object:
    """A missing object counts as empty."""
    return {} if value is None else value


def read_list(value: object) -> object:
    """A missing list counts as empty; an empty member as an empty object."""
    if value is None:
        return []
    return [{} if member is None else member for member in value] if isinstance(value, list) else value


def read_team(value: object) -> object:
    """A list of people; a lone person was seen too, and is no list to take a domain from (e.3)."""
    return [{**value, UNLISTED: True}] if isinstance(value, dict) else read_list(value)


def read_ids(value: object) -> object:
    """The ids as a list, from the list form or from the object form {type: id}."""
    if isinstance(value, dict):
        return [{"profileType": name, "id": text} for name, text in value.items() if isinstance(text, str | int)]
    return read_list(value)


Text = Annotated[str, BeforeValidator(read_text)]
Time = Annotated[datetime | None, BeforeValidator(read_time)]
Amount = Annotated[Decimal | None, BeforeValidator(read_amount)]


class Part(BaseModel):
    """A part of a referral; its members have camelCase names on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, strict=True)


class ContactPreference(Part):
    locale: Text = ""
    disable_notifications: bool | None = None


class Member(Part):
    """A person at the customer."""

    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    phone_number: Text = ""
    title: Text = ""
    contact_preference: Annotated[ContactPreference, BeforeValidator(read_object)] = ContactPreference()
    unlisted: bool = Field(default=False, validation_alias=UNLISTED)


class ProfileId(Part):
    """An id that someone else gave the customer."""

    profile_type: Text = ""
    id: Text = ""


class Address(Part):
    address_line_1: Text = Field("", validation_alias="addressLine1")
    city: Text = ""
    state: Text = ""
    region: Text = ""
    postal_code: Text = ""
    country: Text = ""


class CustomerProfile(Part):
    name: Text = ""
    size: Text = ""
    website: Text = ""
    company_website: Text = ""
    address: Annotated[Address, BeforeValidator(read_object)] = Address()
    team: Annotated[list[Member], BeforeValidator(read_team)] = []
    ids: Annotated[list[ProfileId], BeforeValidator(read_ids)] = []


class Consent(Part):
    """What the customer agreed to; None is unknown, never yes (trap T18)."""

    contact: bool | None = Field(None, validation_alias="consentToContact")
    share: bool | None = Field(
        None, validation_alias=AliasChoices("consentToToShareInfoWithOthers", "consentToShareInfoWithOthers")
    )
    share_with_microsoft_sellers: bool | None = Field(
        None, validation_alias="consentToShareReferralWithMicrosoftSellers"
    )
    microsoft_may_contact_partners: bool | None = Field(
        None, validation_alias="consentToMicrosoftToContactSpecificPartners"
    )


class Details(Part):
    notes: Text = ""
    deal_value: Amount = None
    currency: Text = ""
    closing_date_time: Time = None
    type: Text = ""
    website: Text = ""


class Inviter(Part):
    organization_id: Text = ""


class InviteContext(Part):
    invited_by: Annotated[Inviter, BeforeValidator(read_object)] = Inviter()


class PartnerCenterReferral(Part):  # type: ignore[no-redef]  # the wire spells two names in two ways
    """A referral, with the members that Hunter reads."""

    id: Text = ""
    engagement_id: Text = ""
    external_reference_id: Text = ""
    organization_id: Text = ""
    name: Text = ""
    type: Text = ""
    referral_type: Text = ""
    category: Text = ""
    source: Text = ""
    referral_source: Text = ""
    call_to_action: Text = ""
    qualification: Text = ""
    direction: Text = ""
    status: Text = ""
    state: Text = ""
    substatus: Text = ""
    status_reason: Text = ""
    created_date_time: Time = None
    updated_date_time: Time = None
    expiration_date_time: Time = None
    accepted_date_time: Time = None
    company_name: Text = ""
    company_name_too: Text = Field("", validation_alias="company_name")
    azure_tenant_id: Text = ""
    azure_tenant_id_too: Text = Field("", validation_alias="azure_tenant_id")
    email: Text = ""
    website: Text = ""
    company_website: Text = ""
    etag: Text = Field("", validation_alias="eTag")
    contact: Annotated[Member, BeforeValidator(read_object)] = Member()
    customer_profile: Annotated[CustomerProfile, BeforeValidator(read_object)] = CustomerProfile()
    consent: Annotated[Consent, BeforeValidator(read_object)] = Consent()
    details: Annotated[Details, BeforeValidator(read_object)] = Details()
    invite_context: Annotated[InviteContext, BeforeValidator(read_object)] = InviteContext()


@dataclass(frozen=True, slots=True)
class ContractReading:
    """A row as the contract has it, and what of it could not be read."""

    referral: PartnerCenterReferral
    warnings: tuple[str, ...]


def read_contract(row: object) -> ContractReading:
    """The members that Hunter reads; a value of a wrong type counts as missing. Raises UnreadableReferral."""
    if not isinstance(row, dict):
        raise UnreadableReferral(f"The row is {WORDS.get(type(row), 'empty')}; a referral is an object.")

    rest: dict[str, Any] = row
    warnings: list[str] = []
    while True:
        try:
            return ContractReading(PartnerCenterReferral.model_validate(rest), tuple(warnings))
        except ValidationError as refused:
            if not warnings:
                rest = copy.deepcopy(rest)
            for error in refused.errors(include_url=False):
                warnings.append(_warning(error))
                _leave_out(rest, error["loc"])


def _warning(error: ErrorDetails) -> str:
    path = ".".join(str(step) for step in error["loc"])
    if expected := EXPECTED.get(error["type"]):
        return f"{path}: {WORDS.get(type(error['input']), 'nothing')} where {expected} is due"
    return f"{path}: {error['msg'].removeprefix('Value error, ')}"


def _leave_out(row: dict[str, Any], path: Sequence[str | int]) -> None:
    """Take the value at the path out of the row; where the path leads further than the row, its last known part."""
    holder: Any = row
    for step, following in zip(path, [*path[1:], None], strict=True):
        inner = holder[step] if _holds(holder, step) else None
        if following is not None and _holds(inner, following):
            holder = inner
            continue
        if isinstance(holder, list):
            holder[int(step)] = {}
        else:
            holder.pop(step, None)
        return


def _holds(holder: object, step: str | int) -> bool:
    if isinstance(holder, list):
        return isinstance(step, int) and step < len(holder)
    return isinstance(holder, dict) and step in holder
