"""The properties of companies or contacts: what they hold, and which values they take."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hunter.sandbox.hubspot.refusals import HubSpotError

SCHEMAS = Path(__file__).parent
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
LONGEST_TEXT = 65_536
FIELDS = {
    "string": {"text", "textarea", "phonenumber", "html", "file"},
    "number": {"number", "calculation_equation"},
    "bool": {"booleancheckbox"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox"},
    "datetime": {"date"},
    "date": {"date"},
}
OWN_GROUPS = {"companies": "companyinformation", "contacts": "contactinformation"}
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(slots=True)
class Property:
    """One property. `options`: its internal value to its label."""

    name: str
    label: str
    type: str
    shown_as: str
    group: str
    description: str = ""
    options: dict[str, str] = field(default_factory=dict)
    unique: bool = False
    computed: bool = False

    @property
    def is_hubspots(self) -> bool:
        return self.group in OWN_GROUPS.values()

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.shown_as,
            "description": self.description,
            "groupName": self.group,
            "options": [
                {"label": label, "value": value, "displayOrder": place, "hidden": False, "description": ""}
                for place, (value, label) in enumerate(self.options.items())
            ],
            "displayOrder": -1,
            "calculated": False,
            "externalOptions": False,
            "hasUniqueValue": self.unique,
            "hidden": False,
            "hubspotDefined": self.is_hubspots,
            "formField": False,
            "archived": False,
            "modificationMetadata": {
                "archivable": not self.is_hubspots,
                "readOnlyDefinition": self.is_hubspots,
                "readOnlyValue": self.computed,
            },
        }

    def taken(self, value: Any) -> str | tuple[str, str]:
        """The value as it is kept, or the code and the sentence of its refusal. An empty text is no value."""
        text = _text(value)
        if text == "":
            return ""
        if self.computed:
            return "READ_ONLY_VALUE", f'"{self.name}" is a read only property; its value cannot be set.'
        if self.name == "email" and not MAIL.fullmatch(text):
            return "INVALID_EMAIL", f"Email address {text} is invalid"
        return CHECKS.get(self.type, _any)(self, text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _any(_: Property, text: str) -> str | tuple[str, str]:
    if len(text) > LONGEST_TEXT:
        return "INVALID_STRING_LENGTH", f"The value is longer than {LONGEST_TEXT} characters."
    return text


def _number(_: Property, text: str) -> str | tuple[str, str]:
    try:
        float(text)
    except ValueError:
        return "INVALID_DOUBLE", f"{text} was not a valid number."
    return text


def _yes_no(_: Property, text: str) -> str | tuple[str, str]:
    lowered = text.lower()
    return lowered if lowered in {"true", "false"} else ("INVALID_OPTION", f"{text} was not one of [true, false].")


def _option(one: Property, text: str) -> str | tuple[str, str]:
    if one.options and text not in one.options:
        return "INVALID_OPTION", f"{text} was not one of the allowed options: {list(one.options)}"
    return text


def _moment(_: Property, text: str) -> str | tuple[str, str]:
    try:
        moment = datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text)
    except ValueError:
        return "INVALID_LONG", f"{text} was not a valid long."
    return moment_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


CHECKS = {"string": _any, "number": _number, "bool": _yes_no, "enumeration": _option, "datetime": _moment}


def moment_text(moment: datetime) -> str:
    """As HubSpot writes times: UTC, with milliseconds where there are some."""
    utc = moment.astimezone(UTC)
    fraction = f".{utc.microsecond // 1000:03d}" if utc.microsecond // 1000 else ""
    return f"{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z"


class Schema:
    """The properties of one type of object, and their groups."""

    def __init__(self, of: str) -> None:
        raw = tomllib.loads((SCHEMAS / f"{of}.toml").read_text(encoding="utf-8"))
        own = {"group": OWN_GROUPS[of]}
        self.properties = {entry["name"]: Property(**(own | entry)) for entry in raw["property"]}
        self.groups = {OWN_GROUPS[of]: "About it", "hunter": "Hunter"}

    def without_hunter(self) -> None:
        """As in an account that has never met Hunter."""
        self.properties = {one.name: one for one in self.properties.values() if one.is_hubspots}
        self.groups.pop("hunter", None)

    def named(self, name: str) -> Property:
        """Raises HubSpotError where there is none."""
        if name not in self.properties:
            raise HubSpotError(404, f"Property {name} does not exist")
        return self.properties[name]

    def create(self, body: dict[str, Any]) -> Property:
        """A new property. Raises HubSpotError for one that is there, or that can't be."""
        name, kind, shown = str(body.get("name", "")), str(body.get("type", "")), str(body.get("fieldType", ""))
        if not NAME.fullmatch(name) or not body.get("label"):
            raise HubSpotError(
                400, f"Invalid input: a property needs a name of small letters and a label, not {name!r}"
            )
        if shown not in FIELDS.get(kind, set()):
            raise HubSpotError(400, f"Invalid input: a {kind!r} can't be shown as {shown!r}")
        if body.get("groupName") not in self.groups:
            raise HubSpotError(400, f"Property group {body.get('groupName')} does not exist")
        if name in self.properties:
            raise HubSpotError(409, f"A property named '{name}' already exists.", category="OBJECT_ALREADY_EXISTS")
        options = {str(one["value"]): str(one["label"]) for one in body.get("options") or ()}
        if kind == "bool":
            options = options or {"true": "Yes", "false": "No"}
        made = Property(
            name, str(body["label"]), kind, shown, str(body["groupName"]), str(body.get("description") or ""), options,
            unique=bool(body.get("hasUniqueValue")),
        )  # fmt: skip
        self.properties[name] = made
        return made

    def create_group(self, body: dict[str, Any]) -> dict[str, Any]:
        name = str(body.get("name", ""))
        if not NAME.fullmatch(name) or not body.get("label"):
            raise HubSpotError(400, "Invalid input: a group needs a name and a label")
        if name in self.groups:
            raise HubSpotError(409, f"A group named '{name}' already exists.", category="OBJECT_ALREADY_EXISTS")
        self.groups[name] = str(body["label"])
        return self.group_json(name)

    def group_json(self, name: str) -> dict[str, Any]:
        return {"name": name, "label": self.groups[name], "displayOrder": -1, "archived": False}
