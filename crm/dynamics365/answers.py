"""What Dataverse says, as values: error bodies, leads and columns (contract 3.3, 6.1, 10)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from crm.dynamics365.statuses import normal_code
from crm.interface import ColumnFacts, ColumnType, CrmRow, Standing
from crm.sites import site_of
from hunter.remote.session import ErrorBody

SAME_LEAD = re.compile(r"\blead\b", re.IGNORECASE)
STATE_OPEN = 0


def read_error(status: int, body: bytes) -> ErrorBody:
    """Code, message and inner error of an error body; empty for HTML, broken JSON and nothing at all (R5.3)."""
    try:
        raw = json.loads(body.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return ErrorBody()
    error = raw.get("error", raw) if isinstance(raw, dict) else None
    if isinstance(error, str):
        return ErrorBody(message=error)
    if not isinstance(error, dict):
        return ErrorBody()
    inner = error.get("innererror")
    detail = str(inner.get("message") or "") if isinstance(inner, dict) else ""
    message = str(error.get("message") or error.get("Message") or "")
    if detail and detail not in message:
        message = f"{message} {detail}".strip()
    return ErrorBody(code=normal_code(str(error.get("code") or "")), message=message, detail=detail)


class _Read(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)


class LeadAnswer(_Read):
    """A lead as it is read. Its other members are columns."""

    etag: str = Field(alias="@odata.etag")
    leadid: str
    statecode: int | None = None
    merged: bool | None = None
    master: str | None = Field(default=None, alias="_masterid_value")
    modifiedon: datetime | None = None

    def row(self, columns: Iterable[str]) -> CrmRow:
        """The lead with the columns that the mapping knows; an empty text is no value."""
        extra: Mapping[str, JsonValue] = self.model_extra or {}
        standing = Standing.OPEN if self.statecode in {None, STATE_OPEN} else Standing.CLOSED
        if self.merged:
            standing = Standing.MERGED
        domain = str(extra.get("hnt_domain") or "").lower()
        return CrmRow(
            lead_id=self.leadid.lower().strip("{}"),
            etag=self.etag,
            values={name: extra[name] for name in columns if name in extra},
            domain=domain,
            site="" if domain else site_of(extra.get("websiteurl")),
            name=str(extra.get("companyname") or extra.get("subject") or ""),
            standing=standing,
            master_id=(self.master or "").lower().strip("{}"),
            changed_at=self.modifiedon,
        )


class LeadPage(_Read):
    value: list[LeadAnswer]


class ManagedText(_Read):
    value: str = Field(alias="Value")


class OptionLabel(_Read):
    text: str = Field(alias="Label")


class LabelSet(_Read):
    chosen: OptionLabel | None = Field(default=None, alias="UserLocalizedLabel")
    labels: list[OptionLabel] = Field(default_factory=list, alias="LocalizedLabels")


class Option(_Read):
    number: int = Field(alias="Value")
    label: LabelSet = Field(alias="Label")

    @property
    def words(self) -> str:
        known = self.label.chosen or (self.label.labels[0] if self.label.labels else None)
        return known.text if known else ""


class OptionSet(_Read):
    options: list[Option] = Field(default_factory=list, alias="Options")


class AttributeAnswer(_Read):
    """A column as the metadata shows it, of whichever type."""

    name: str = Field(alias="LogicalName")
    kind: str = Field(default="", alias="AttributeType")
    created: bool = Field(default=True, alias="IsValidForCreate")
    updated: bool = Field(default=True, alias="IsValidForUpdate")
    length: int | None = Field(default=None, alias="MaxLength")
    least: float | None = Field(default=None, alias="MinValue")
    most: float | None = Field(default=None, alias="MaxValue")
    own_options: OptionSet | None = Field(default=None, alias="OptionSet")
    shared_options: OptionSet | None = Field(default=None, alias="GlobalOptionSet")

    def facts(self, column_type: ColumnType) -> ColumnFacts:
        chosen = self.own_options or self.shared_options
        return ColumnFacts(
            self.name,
            column_type,
            writable=self.created and self.updated,
            length=self.length,
            least=self.least,
            most=self.most,
            options={option.number: option.words for option in chosen.options} if chosen else {},
        )


class AttributePage(_Read):
    value: list[AttributeAnswer]


class KeyAnswer(_Read):
    columns: list[str] = Field(default_factory=list, alias="KeyAttributes")
    status: str = Field(default="", alias="EntityKeyIndexStatus")


class KeyPage(_Read):
    value: list[KeyAnswer]


class WhoAmI(_Read):
    user: str = Field(alias="UserId")
    organisation: str = Field(alias="OrganizationId")
