"""EntityDefinitions of the lead table: columns, casts, option sets, keys (contract 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hunter.sandbox.dataverse.addressing import Segment
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_request, no_such_property, no_such_record
from hunter.sandbox.dataverse.filters import parse_filter
from hunter.sandbox.dataverse.guids import fixed_guid, read_guid
from hunter.sandbox.dataverse.row_filter import compile_row_filter
from hunter.sandbox.dataverse.schema import CHOICES, AlternateKey, Schema
from hunter.sandbox.dataverse.shapes import Json, attribute_of, helper_attribute_of, label

CRM = "Microsoft.Dynamics.CRM."
ENTITY_ID = fixed_guid("entity:lead")
OPTION_SET_TERMS = ("OptionSet", "GlobalOptionSet")
NAMED = re.compile(r"LogicalName='([^']*)'")
EXPAND_TERM = re.compile(r"(\w+)(?:\(([^()]*)\))?(?:,|$)")


class MetadataCatalog:
    """The definitions as JSON, built once for each revision of the schema."""

    def __init__(self, schema: Schema, *, api: str) -> None:
        self._schema = schema
        self._api = api
        self._built_for = -1
        self._attributes: list[Json] = []

    def answer(self, segments: list[Segment], options: Mapping[str, str]) -> Json:
        """The answer to a GET below EntityDefinitions. `segments` begins with it."""
        for name in options:
            if name not in ("$select", "$filter", "$expand"):
                raise bad_request(f"The query parameter '{name}' is not supported for metadata.")
        key = segments[0].key
        if key is None:
            return self._collection("EntityDefinitions", [self._entity()], options)
        check_table(key)
        if len(segments) == 1:
            return self._one("EntityDefinitions", self._entity(), options)
        return self._below_table(segments[1], segments[2:], options)

    def _below_table(self, part: Segment, rest: list[Segment], options: Mapping[str, str]) -> Json:
        path = f"EntityDefinitions('lead')/{part.name}"
        definitions = {"Attributes": self._current_attributes, "Keys": self._keys}.get(part.name)
        if definitions is None:
            raise DataverseError(Refusal.NO_SUCH_SEGMENT, f"Resource not found for the segment '{part.name}'.")
        rows = definitions()
        cast = rest[0].name.removeprefix(CRM) if rest else ""
        if cast:
            path = f"{path}/{rest[0].name}"
            rows = [_cast_to(cast, row) for row in rows if row.get("@odata.type", "") in (f"#{CRM}{cast}", "")]
        if part.key is None:
            return self._collection(path, rows, options)
        found = [row for row in rows if _is_named(row, part.key)]
        if not found:
            raise no_such_record("Attribute" if part.name == "Attributes" else "EntityKey", part.key)
        return self._one(path, found[0], options)

    def _entity(self) -> Json:
        return {
            "LogicalName": "lead", "SchemaName": "Lead", "EntitySetName": "leads", "LogicalCollectionName": "leads",
            "PrimaryIdAttribute": "leadid", "PrimaryNameAttribute": "fullname", "ObjectTypeCode": 4,
            "ChangeTrackingEnabled": True, "IsOptimisticConcurrencyEnabled": True, "OwnershipType": "UserOwned",
            "IsCustomEntity": False, "IsActivity": False, "IsPrivate": False, "IsManaged": True,
            "DisplayName": label("Lead", "lead"), "DisplayCollectionName": label("Leads", "leads"),
            "IsDuplicateDetectionEnabled": _managed(value=True, name="canmodifyduplicatedetectionsettings"),
            "CanCreateAttributes": _managed(value=True, name="cancreateattributes"),
            "IsCustomizable": _managed(value=True, name="iscustomizable"),
            "MetadataId": ENTITY_ID,
            "Attributes": self._current_attributes,
            "Keys": self._keys,
        }  # fmt: skip

    def _current_attributes(self) -> list[Json]:
        if self._built_for != self._schema.revision:
            columns = sorted(self._schema.columns.values(), key=lambda column: column.name)
            helpers = [helper_attribute_of(column) for column in columns if column.type in CHOICES]
            self._attributes = [attribute_of(column) for column in columns] + helpers
            self._built_for = self._schema.revision
        return self._attributes

    def _keys(self) -> list[Json]:
        return [_key(key) for key in self._schema.keys.values()]

    def _collection(self, path: str, rows: list[Json], options: Mapping[str, str]) -> Json:
        if "$filter" in options:
            matches = compile_row_filter(parse_filter(options["$filter"]), type_of=_type_of)
            rows = [row for row in rows if matches(row)]
        selected = options.get("$select", "")
        return {
            "@odata.context": f"{self._api}/$metadata#{path}{f'({selected})' if selected else ''}",
            "value": [_shaped(row, selected, options.get("$expand", "")) for row in rows],
        }

    def _one(self, path: str, row: Json, options: Mapping[str, str]) -> Json:
        if "$filter" in options:
            raise bad_request("Query options $filter can not be applied to the requested resource.")
        selected = options.get("$select", "")
        context = f"{self._api}/$metadata#{path}{f'({selected})' if selected else ''}/$entity"
        return {"@odata.context": context, **_shaped(row, selected, options.get("$expand", ""))}


def check_table(key: str) -> None:
    """Raises DataverseError unless the key names the lead table."""
    named = NAMED.fullmatch(key)
    if (named and named[1] == "lead") or read_guid(key) == ENTITY_ID:
        return
    name = named[1] if named else key
    raise DataverseError(
        Refusal.NO_SUCH_RECORD,
        f"Could not find an entity with name '{name}' and id '{'0' * 8}-0000-0000-0000-{'0' * 12}'.",
    )


def _cast_to(cast: str, row: Json) -> Json:
    if row.get("@odata.type") != f"#{CRM}{cast}":
        raise bad_request(f"The cast to '{CRM}{cast}' is not possible here.")
    return {name: value for name, value in row.items() if name != "@odata.type"}


def _type_of(row: Json) -> str:
    return f"{CRM}EntityMetadata" if "EntitySetName" in row else f"{CRM}AttributeMetadata"


def _is_named(row: Json, key: str) -> bool:
    named = NAMED.fullmatch(key)
    return bool(row["LogicalName"] == named[1] if named else row["MetadataId"] == read_guid(key))


def _key(key: AlternateKey) -> Json:
    return {
        "LogicalName": key.name,
        "SchemaName": key.name,
        "EntityLogicalName": "lead",
        "KeyAttributes": list(key.columns),
        "EntityKeyIndexStatus": key.status,
        "IsManaged": False,
        "MetadataId": fixed_guid(f"key:{key.name}"),
    }


def _managed(*, value: bool, name: str) -> Json:
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def _shaped(row: Json, selected: str, expanded: str) -> Json:
    """The row with what was selected and expanded, its type and its MetadataId always."""
    plain = {name: value for name, value in row.items() if name not in OPTION_SET_TERMS and not callable(value)}
    if selected:
        names = [name.strip() for name in selected.split(",")]
        for name in names:
            if name not in plain:
                raise no_such_property(name, of_type=_type_of(row))
        always = [name for name in ("@odata.type",) if name in plain]
        plain = {name: plain[name] for name in (*always, *names, "MetadataId")}
    position = 0
    while position < len(expanded):
        term = EXPAND_TERM.match(expanded, position)
        if term is None:
            raise bad_request(f"Syntax error in $expand at '{expanded[position:]}'.")
        plain[term[1]] = _expanded(row, term[1], term[2] or "")
        position = term.end()
    return plain


def _expanded(row: Json, name: str, inner: str) -> Any:
    if name not in row:
        raise no_such_property(name, of_type=_type_of(row))
    value = row[name]() if callable(row[name]) else row[name]
    selected = inner.removeprefix("$select=")
    if isinstance(value, list):
        return [_shaped(one, selected, "") for one in value]
    if not isinstance(value, dict) or not selected:
        return value
    return {part: value[part] for part in ("MetadataId", *selected.split(",")) if part in value}
