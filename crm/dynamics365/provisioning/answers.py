"""What a Dataverse environment says of its definitions, as values (contract 10, 16)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Managed(_Read):
    value: bool = Field(default=True, alias="Value")


class Table(_Read):
    """What may be done with the lead table."""

    customizable: Managed = Field(default_factory=Managed, alias="IsCustomizable")
    takes_columns: Managed = Field(default_factory=Managed, alias="CanCreateAttributes")


class Publisher(_Read):
    publisherid: str
    prefix: str = Field(alias="customizationprefix")
    option_prefix: int = Field(alias="customizationoptionvalueprefix")
    is_read_only: bool = Field(default=False, alias="isreadonly")


class Publishers(_Read):
    value: list[Publisher]


class Solution(_Read):
    is_managed: bool = Field(default=False, alias="ismanaged")


class Solutions(_Read):
    value: list[Solution]


class ColumnName(_Read):
    name: str = Field(alias="LogicalName")


class ColumnNames(_Read):
    value: list[ColumnName]


class Key(_Read):
    name: str = Field(alias="LogicalName")
    columns: list[str] = Field(default_factory=list, alias="KeyAttributes")
    status: str = Field(default="", alias="EntityKeyIndexStatus")


class Keys(_Read):
    value: list[Key]


class Organization(_Read):
    languagecode: int


class Organizations(_Read):
    value: list[Organization]


class Group(_Read):
    hnt_domain: str
    n: int


class Groups(_Read):
    value: list[Group]
