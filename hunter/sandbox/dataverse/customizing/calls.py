"""The calls that change definitions, from a request that was read to the answer (contract 16, D52 to D61)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from werkzeug import Response

from hunter.sandbox.dataverse import dates
from hunter.sandbox.dataverse.addressing import Segment
from hunter.sandbox.dataverse.answers import json_answer, wrong_method
from hunter.sandbox.dataverse.customizing import bodies, columns, keys, options, publishing
from hunter.sandbox.dataverse.customizing.solutions import Solution, Solutions
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload, bad_request, no_such_record
from hunter.sandbox.dataverse.guids import fixed_guid, read_guid
from hunter.sandbox.dataverse.lifecycle import Environment
from hunter.sandbox.dataverse.metadata import NAMED, check_table
from hunter.sandbox.dataverse.requests import Ask
from hunter.sandbox.dataverse.schema import CHOICES, AlternateKey, Column

TABLES = ("publishers", "solutions")
OPTION_ACTS = ("InsertOptionValue", "UpdateOptionValue", "DeleteOptionValue", "OrderOption")
ACTIONS = (*OPTION_ACTS, "ReactivateEntityKey", "PublishXml", "PublishAllXml")
PRIVILEGES = {
    "publishers": "prvCreatePublisher", "solutions": "prvCreateSolution", "Attributes": "prvCreateAttribute",
    "Keys": "prvWriteEntity", "PublishXml": "prvPublishCustomization", "PublishAllXml": "prvPublishCustomization",
}  # fmt: skip


def is_customization(method: str, first: str) -> bool:
    """Whether a request changes definitions; they run one at a time."""
    return method != "GET" and (first == "EntityDefinitions" or first in TABLES or first in ACTIONS)


@dataclass
class CustomizationCalls:
    """Answers for one environment. The caller holds the lock, and the one on customizations."""

    environment: Environment
    solutions: Solutions
    api: str
    published: dict[str, str] = field(default_factory=dict)

    def answer(self, ask: Ask, *, now: datetime) -> Response:
        """Raises DataverseError; nothing was changed then."""
        name = ask.segments[0].name
        if name == "EntityDefinitions":
            return self._definition(ask, now=now)
        if ask.method != "POST":
            raise wrong_method(ask)
        self._require(PRIVILEGES.get(name, "prvWriteAttribute"), ask)
        if name in TABLES:
            return self._table_row(ask, name)
        return self._action(ask, name, now=now)

    def _table_row(self, ask: Ask, name: str) -> Response:
        body = ask.json()
        if name == "publishers":
            publisher = self.solutions.publisher_from(body)
            self.solutions.add_publisher(publisher)
            return _made(f"{self.api}/publishers({publisher.id})")
        solution = self.solutions.solution_from(body)
        self.solutions.add_solution(solution)
        return _made(f"{self.api}/solutions({solution.id})")

    def _action(self, ask: Ask, name: str, *, now: datetime) -> Response:
        if name == "PublishAllXml":
            self.published["lead"] = dates.moment_text(now)
            return Response(status=204)
        if name == "PublishXml":
            for table in publishing.tables_to_publish(bodies.read(bodies.PublishBody, ask.json()).parameter_xml):
                self.published[table] = dates.moment_text(now)
            return Response(status=204)
        if name == "ReactivateEntityKey":
            named = bodies.read(bodies.ReactivateBody, ask.json())
            keys.reactivate_key(self.environment, named.entity_key_logical_name, now=now)
            return Response(status=204)
        act = bodies.read(bodies.OptionAct, ask.json())
        if name != "InsertOptionValue":
            options.change_options(self.environment, self.solutions, name, act)
            return Response(status=204)
        value = options.insert_option(self.environment, self.solutions, act)
        context = f"{self.api}/$metadata#Microsoft.Dynamics.CRM.InsertOptionValueResponse"
        return json_answer({"@odata.context": context, "NewOptionValue": value})

    def _definition(self, ask: Ask, *, now: datetime) -> Response:
        table, *below = ask.segments
        if table.key is None or not below:
            raise wrong_method(ask)
        check_table(table.key)
        part = below[0]
        if part.name not in ("Attributes", "Keys"):
            raise DataverseError(Refusal.NO_SUCH_SEGMENT, f"Resource not found for the segment '{part.name}'.")
        if ask.method == "POST" and part.key is None:
            self._require(PRIVILEGES[part.name], ask)
            return self._add_column(ask, now=now) if part.name == "Attributes" else self._add_key(ask, now=now)
        if ask.method == "PUT" and part.name == "Attributes" and part.key is not None:
            self._require("prvWriteAttribute", ask)
            return self._replace_column(ask, self._column(part))
        if ask.method == "DELETE" and part.key is not None:
            self._require("prvWriteEntity", ask)
            return self._delete(part)
        raise wrong_method(ask)

    def _add_column(self, ask: Ask, *, now: datetime) -> Response:
        solution, body = self._solution(ask), ask.json()
        column = columns.read_column(body, first_option=self.solutions.first_option(solution))
        self.solutions.check_name(column.schema_name, solution)
        if column.name in self.environment.schema.columns:
            raise DataverseError(
                Refusal.COLUMN_EXISTS, f"An attribute with the specified name {column.name} already exists."
            )
        self.environment.schema.put_column(column)
        self.environment.store.fill_column(column.property_name, None)
        delay = self.environment.switches.data_delay_seconds
        if delay:
            self.environment.schema.hide(column.name, until=now + timedelta(seconds=delay))
        self.solutions.keep(f"column:{column.name}", solution)
        return _made(f"{self.api}/EntityDefinitions(LogicalName='lead')/Attributes({_column_id(column)})")

    def _add_key(self, ask: Ask, *, now: datetime) -> Response:
        solution, body = self._solution(ask), bodies.read(bodies.KeyBody, ask.json())
        self.solutions.check_name(body.schema_name, solution)
        key = keys.add_key(self.environment, body, now=now)
        self.solutions.keep(f"key:{key.name}", solution)
        return _made(f"{self.api}/EntityDefinitions(LogicalName='lead')/Keys({_key_id(key)})")

    def _replace_column(self, ask: Ask, old: Column) -> Response:
        """The whole definition is replaced; its options are not (contract 16.8)."""
        body = ask.json()
        self._solution(ask)
        new = _replacement(old, body, first_option=self.solutions.first_option(None))
        if ask.request.headers.get("MSCRM.MergeLabels", "false").lower() == "true":
            new = columns.labels_merged(old, new)
        self.environment.schema.put_column(new)
        return _made(f"{self.api}/EntityDefinitions(LogicalName='lead')/Attributes(LogicalName='{new.name}')")

    def _delete(self, part: Segment) -> Response:
        if part.name == "Keys":
            self.environment.schema.drop_key(self._key(part).name)
            return Response(status=204)
        column = self._column(part)
        if not column.is_custom:
            raise bad_request(f"The attribute '{column.name}' is part of the system and can't be deleted.")
        self.environment.schema.drop_column(column.name)
        self.environment.store.forget_column(column.property_name)
        return Response(status=204)

    def _column(self, part: Segment) -> Column:
        wanted = _wanted(part)
        for column in self.environment.schema.columns.values():
            if wanted in (column.name, _column_id(column)):
                return column
        raise no_such_record("Attribute", wanted)

    def _key(self, part: Segment) -> AlternateKey:
        wanted = _wanted(part)
        for key in self.environment.schema.keys.values():
            if wanted in (key.name, _key_id(key)):
                return key
        raise no_such_record("EntityKey", wanted)

    def _solution(self, ask: Ask) -> Solution | None:
        return self.solutions.named(ask.request.headers.get("MSCRM.SolutionUniqueName", ""))

    def _require(self, privilege: str, ask: Ask) -> None:
        self.environment.switches.require(privilege, user_id=ask.user_id)


def _replacement(old: Column, body: dict[str, object], *, first_option: int) -> Column:
    """The column as a PUT leaves it. Raises DataverseError for another type or name."""
    if columns.TYPES.get(bodies.type_name(body)) is not old.type:
        raise bad_payload(f"The type of the attribute '{old.name}' can't be changed.")
    described = {**body, "OptionSet": {"Options": []}} if old.type in CHOICES else body
    new = columns.read_column(described, first_option=first_option)
    if new.name != old.name:
        raise bad_payload(f"The schema name of the attribute '{old.name}' can't be changed.")
    return new.model_copy(update={"options": old.options, "custom": old.custom, "schema_name": old.schema_name})


def _made(where: str) -> Response:
    return Response(status=204, headers={"OData-EntityId": where})


def _wanted(part: Segment) -> str:
    key = part.key or ""
    named = NAMED.fullmatch(key)
    return named[1] if named else read_guid(key) or key


def _column_id(column: Column) -> str:
    return fixed_guid(f"column:{column.name}")


def _key_id(key: AlternateKey) -> str:
    return fixed_guid(f"key:{key.name}")
