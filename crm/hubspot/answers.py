"""What HubSpot says, as values: error bodies, companies, contacts and properties."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from crm.hubspot.ids import KEY, lead_id_of
from crm.interface import ColumnFacts, ColumnType, ColumnValues
from crm.mapping.columns import Kind
from hunter.remote.session import ErrorBody

CODE_IN_MESSAGE: Final = re.compile(r'"error"\s*:\s*"([A-Z_]+)"')
MERGED: Final = "hs_merged_object_ids"
STATE_COLUMNS: Final = ("hs_object_id", KEY, "domain", "website", "name", MERGED)
LONGEST_TEXT: Final = 65_536


def read_error(status: int, body: bytes) -> ErrorBody:
    """The code of the first value that is wrong, else the category; empty for HTML and broken JSON (R5.3)."""
    try:
        raw = json.loads(body.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return ErrorBody()
    if not isinstance(raw, dict):
        return ErrorBody()
    message = str(raw.get("message") or "")
    errors = [one for one in raw.get("errors") or () if isinstance(one, dict)]
    codes = [str(one["code"]) for one in errors if one.get("code")]
    found = CODE_IN_MESSAGE.search(message)
    code = codes[0] if codes else found[1] if found else ""
    details = "; ".join(str(one["message"]) for one in errors if one.get("message"))
    return ErrorBody(
        code=code or str(raw.get("policyName") or raw.get("category") or ""),
        message=f"{message} {details}".strip() if details and details not in message else message,
        detail=details,
    )


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Version(_Read):
    """What a property held once."""

    value: str | None = None


class RecordAnswer(_Read):
    """A company or a contact as it is read; every value is a text or null."""

    number: str = Field(alias="id")
    properties: dict[str, str | None]
    updated: datetime = Field(alias="updatedAt")
    histories: dict[str, list[Version]] | None = Field(default=None, alias="propertiesWithHistory")

    @property
    def held_id(self) -> str:
        """Hunter's id of the lead that it belongs to, where it holds one."""
        return self.properties.get(KEY) or ""

    @property
    def lead_id(self) -> str:
        """The id of the lead that a company is."""
        return lead_id_of(self.number, self.held_id)

    @property
    def domain(self) -> str:
        """A company's, in small letters."""
        return (self.properties.get("domain") or "").lower()

    @property
    def merged_numbers(self) -> tuple[str, ...]:
        """The numbers of those that it was made of."""
        numbers = (one.strip() for one in (self.properties.get(MERGED) or "").split(";"))
        return tuple(one for one in numbers if one.isascii() and one.isdecimal())

    def history_of(self, name: str) -> list[str]:
        """What the property holds and held, where that was asked for."""
        return [one.value for one in (self.histories or {}).get(name, ()) if one.value]

    def values(self, kinds: Mapping[str, Kind]) -> dict[str, JsonValue]:
        """What it tells of these properties."""
        return {name: read_value(self.properties[name], kinds[name]) for name in kinds if name in self.properties}

    def over(self, before: Mapping[str, str | None]) -> RecordAnswer:
        """The same, where an answer that tells only what was written stands over what was known before."""
        return self.model_copy(update={"properties": {**before, **self.properties}})


class NextPage(_Read):
    after: str = ""


class Paging(_Read):
    next: NextPage | None = None


class RecordPage(_Read):
    """Companies or contacts of a search or a batch."""

    results: list[RecordAnswer]
    paging: Paging | None = None

    @property
    def after(self) -> str:
        """Where the next page begins; empty on the last."""
        return self.paging.next.after if self.paging and self.paging.next else ""


class OptionAnswer(_Read):
    label: str
    value: str


class Modification(_Read):
    read_only: bool = Field(default=False, alias="readOnlyValue")


class PropertyAnswer(_Read):
    """A property as its definition says."""

    name: str
    type: str
    shown_as: str = Field(default="", alias="fieldType")
    options: list[OptionAnswer] = Field(default_factory=list)
    is_unique: bool = Field(default=False, alias="hasUniqueValue")
    modification: Modification = Field(default_factory=Modification, alias="modificationMetadata")

    def facts(self, prefix: str = "") -> ColumnFacts:
        column_type = self._column_type()
        is_text = column_type in {ColumnType.TEXT, ColumnType.LINES}
        return ColumnFacts(
            f"{prefix}{self.name}",
            column_type,
            writable=not self.modification.read_only,
            length=LONGEST_TEXT if is_text else None,
            options={one.value: one.label for one in self.options} if column_type is ColumnType.CHOICE else {},
        )

    def _column_type(self) -> ColumnType:
        match self.type, self.shown_as:
            case "string", "textarea":
                return ColumnType.LINES
            case "string", _:
                return ColumnType.TEXT
            case "number", _:
                return ColumnType.NUMBER
            case "bool", _:
                return ColumnType.YES_NO
            case "enumeration", "booleancheckbox":
                return ColumnType.YES_NO
            case "enumeration", "select" | "radio":
                return ColumnType.CHOICE
            case "datetime", _:
                return ColumnType.MOMENT
        return ColumnType.OTHER


class LinkAnswer(_Read):
    """That two belong together now."""

    status: str


class PropertyPage(_Read):
    results: list[PropertyAnswer]


class GroupAnswer(_Read):
    name: str


class GroupPage(_Read):
    results: list[GroupAnswer]


class TokenInfo(_Read):
    """Whose the token is."""

    user: int = Field(alias="userId")
    account: int = Field(alias="hubId")
    app: int = Field(default=0, alias="appId")
    scopes: list[str] = Field(default_factory=list)


def read_value(text: str | None, kind: Kind) -> JsonValue:
    """A value out of HubSpot's text, in the form that payloads have; what can't be read so stays the text that it is."""
    if text is None or text == "":
        return None
    try:
        match kind:
            case Kind.WHOLE:
                number = float(text)
                return int(number) if number.is_integer() else number
            case Kind.DECIMAL:
                return float(text)
            case Kind.YES_NO:
                return text.lower() == "true"
            case _:
                return text
    except (ValueError, OverflowError):
        return text


def sent_values(values: ColumnValues) -> dict[str, Any]:
    """A payload in HubSpot's texts; an empty one clears."""
    return {name: _text(value) for name, value in values.items()}


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def names_read(kinds: Iterable[str]) -> list[str]:
    """The properties that every read asks for."""
    return list(dict.fromkeys((*STATE_COLUMNS, *kinds)))
