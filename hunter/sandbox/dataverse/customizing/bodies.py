"""Definitions as a customizer sends them: labels, options, columns, keys (contract 16.2, 16.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from hunter.sandbox.dataverse.errors import bad_payload

B = TypeVar("B", bound="Body")
CRM = "Microsoft.Dynamics.CRM."


class Body(BaseModel):
    """A part of a definition. Members that the simulator has no use for are passed over, as the platform fills in much."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="ignore", frozen=True)


class LocalizedLabel(Body):
    label: str
    language_code: int


class Label(Body):
    localized_labels: tuple[LocalizedLabel, ...] = Field(min_length=1)

    def by_language(self) -> dict[int, str]:
        return {one.language_code: one.label for one in self.localized_labels}


class Named(Body):
    value: str


class OptionBody(Body):
    value: int | None = None
    label: Label


class OptionSetBody(Body):
    options: tuple[OptionBody, ...] = ()
    true_option: OptionBody | None = None
    false_option: OptionBody | None = None


class ColumnBody(Body):
    """A column of any type; which members count depends on `@odata.type`."""

    schema_name: str
    display_name: Label
    description: Label | None = None
    required_level: Named = Named(Value="None")
    format_name: Named | None = None
    format: str = ""
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    precision: int | None = None
    default_value: bool | None = None
    default_form_value: int | None = None
    date_time_behavior: Named | None = None
    option_set: OptionSetBody | None = None


class KeyBody(Body):
    schema_name: str
    key_attributes: tuple[str, ...] = Field(min_length=1, max_length=16)


class OptionAct(Body):
    """The parameters of InsertOptionValue, UpdateOptionValue, DeleteOptionValue and OrderOption."""

    entity_logical_name: str
    attribute_logical_name: str
    value: int | None = None
    values: tuple[int, ...] = ()
    label: Label | None = None
    merge_labels: bool = False
    solution_unique_name: str = ""


class ReactivateBody(Body):
    entity_logical_name: str
    entity_key_logical_name: str


class PublishBody(Body):
    parameter_xml: str


def read(kind: type[B], content: Mapping[str, Any]) -> B:
    """The body in its form. Raises DataverseError that names the member."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        member = ".".join(str(part) for part in first["loc"])
        raise bad_payload(f"The member '{member}' can't be read: {first['msg']}.") from error


def type_name(content: Mapping[str, Any]) -> str:
    """What `@odata.type` says, without namespace; it is written without `#`, and read with it."""
    return str(content.get("@odata.type", "")).removeprefix("#").removeprefix(CRM)
