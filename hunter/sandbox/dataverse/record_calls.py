"""The operations on `leads`, from a request that was read to the answer (contract 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from werkzeug import Response

from hunter.sandbox.dataverse import dates, lifecycle
from hunter.sandbox.dataverse.addressing import read_key
from hunter.sandbox.dataverse.aggregating import answer_groups
from hunter.sandbox.dataverse.answers import json_answer, wrong_method
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload
from hunter.sandbox.dataverse.lifecycle import Author, Environment
from hunter.sandbox.dataverse.locating import Address, Addresses, absent
from hunter.sandbox.dataverse.multiple import MultipleCalls
from hunter.sandbox.dataverse.querying import read_query, run_query
from hunter.sandbox.dataverse.records import Lead
from hunter.sandbox.dataverse.representing import represented, selected_columns
from hunter.sandbox.dataverse.requests import Ask
from hunter.sandbox.dataverse.schema import LOOKUPS, Column
from hunter.sandbox.dataverse.tracking import answer_changes, is_about_changes
from hunter.sandbox.dataverse.writing import NumberTexts, Values, WriteKind, read_body, read_value

MOST_COUNTED = 5000
NO_CONTENT = 204


@dataclass
class RecordCalls:
    """Answers for the entity set `leads` of one environment. The caller holds the lock."""

    environment: Environment
    api: str

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.environment)

    def answer(self, ask: Ask, *, now: datetime) -> Response:
        leads, *below = ask.segments
        if leads.key is None:
            return self._collection(ask, below=[segment.name for segment in below], now=now)
        address = read_key(leads.key)
        if below:
            return self._property(ask, address, name=below[0].name, now=now)
        if ask.method == "GET":
            return self._read(ask, address)
        if ask.method == "PATCH":
            return self._patch(ask, address, now=now)
        if ask.method == "DELETE":
            return self._delete(ask, address)
        raise wrong_method(ask)

    def _collection(self, ask: Ask, *, below: list[str], now: datetime) -> Response:
        if below == ["$count"] and ask.method == "GET":
            return self._count(ask)
        if below:
            return self._message(ask, below[0], now=now)
        if ask.method == "GET" and "$apply" in ask.options:
            self._require("prvReadLead", ask)
            return json_answer(answer_groups(ask.options["$apply"], self.environment, api=self.api))
        if ask.method == "GET":
            return self._changes(ask, now=now) if is_about_changes(ask) else self._query(ask)
        if ask.method == "POST":
            return self._create(ask, now=now)
        raise wrong_method(ask)

    def _message(self, ask: Ask, name: str, *, now: datetime) -> Response:
        multiple = MultipleCalls(self.environment, self.api)
        if not multiple.knows(name):
            raise DataverseError(Refusal.NO_SUCH_SEGMENT, f"Resource not found for the segment '{name}'.")
        if ask.method != "POST":
            raise wrong_method(ask)
        return multiple.answer(ask, name, author=self._author(ask, now))

    def _changes(self, ask: Ask, *, now: datetime) -> Response:
        """The rows that changed since a token, or all of them with the first token (contract 9.1)."""
        self._require("prvReadLead", ask)
        self.environment.switches.require_whole_organization(user_id=ask.user_id)
        return json_answer(answer_changes(ask, self.environment, api=self.api, now=now))

    def _query(self, ask: Ask) -> Response:
        self._require("prvReadLead", ask)
        schema = self.environment.schema
        query = read_query(ask.options, schema, preferences=ask.preferences)
        page = run_query(query, self.environment.store)
        content: dict[str, Any] = {"@odata.context": self._context(ask)}
        if query.wants_count:
            content["@odata.count"] = min(page.total, MOST_COUNTED)
        if ask.preferences.annotates("Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"):
            content["@Microsoft.Dynamics.CRM.totalrecordcount"] = (
                min(page.total, MOST_COUNTED) if query.wants_count else -1
            )
            content["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] = page.total > MOST_COUNTED
        content["value"] = [self._shown(ask, lead, query.columns) for lead in page.leads]
        if page.next_options:
            content["@odata.nextLink"] = f"{self.api}/leads?{page.next_options}"
        return json_answer(content)

    def _count(self, ask: Ask) -> Response:
        self._require("prvReadLead", ask)
        schema = self.environment.schema
        page = run_query(read_query(ask.options, schema, preferences=ask.preferences), self.environment.store)
        return Response(str(min(page.total, MOST_COUNTED)), mimetype="text/plain")

    def _read(self, ask: Ask, address: Address) -> Response:
        self._require("prvReadLead", ask)
        lead = self.addresses.existing(address)
        condition = ask.conditions.if_none_match
        if condition in (lead.etag, "*") and not ask.preferences.annotations:
            return Response(status=304, headers={"ETag": lead.etag})
        return json_answer(self._single(ask, lead), headers={"ETag": lead.etag})

    def _create(self, ask: Ask, *, now: datetime) -> Response:
        self._require("prvCreateLead", ask)
        values = self._values(ask, WriteKind.CREATE)
        lead = self._make(ask, values, lead_id=None, now=now)
        return self._written(ask, lead, address=lead.lead_id, status=201)

    def _patch(self, ask: Ask, address: Address, *, now: datetime) -> Response:
        """Upsert, narrowed by `If-Match` and `If-None-Match` (contract 4.4)."""
        lead = self.addresses.found(address)
        conditions = ask.conditions
        if lead is None and conditions.if_match:
            raise absent(address)
        if lead is None:
            self._require("prvCreateLead", ask)
            values = self._keyed_values(ask, address)
            chosen = address if isinstance(address, str) else None
            made = self._make(ask, values, lead_id=chosen, now=now)
            return self._written(ask, made, address=address, status=201)
        if conditions.if_none_match == "*":
            raise DataverseError(Refusal.DUPLICATE_RECORD, "A record with matching key values already exists.")
        self._require("prvWriteLead", ask)
        check_version(lead, conditions.if_match)
        changed = self._change(ask, lead, address, now=now)
        return self._written(ask, changed, address=address, status=200)

    def _delete(self, ask: Ask, address: Address) -> Response:
        self._require("prvDeleteLead", ask)
        lead = self.addresses.existing(address)
        check_version(lead, ask.conditions.if_match)
        lifecycle.delete_lead(self.environment, lead)
        return Response(status=NO_CONTENT)

    def _property(self, ask: Ask, address: Address, *, name: str, now: datetime) -> Response:
        """One property by its own address: read it, put it, clear it (contract 4.2)."""
        column = self.environment.schema.columns.get(name)
        if column is None or column.type in LOOKUPS:
            raise DataverseError(Refusal.NO_SUCH_SEGMENT, f"Resource not found for the segment '{name}'.")
        lead = self.addresses.existing(address)
        if ask.method == "GET":
            self._require("prvReadLead", ask)
            return self._property_value(lead, column)
        if ask.method not in ("PUT", "DELETE"):
            raise wrong_method(ask)
        self._require("prvWriteLead", ask)
        check_version(lead, ask.conditions.if_match)
        value = ask.json().get("value") if ask.method == "PUT" else None
        values = Values({name: read_value(column, value, texts=self._number_texts)} if column.update else {})
        lifecycle.update_lead(self.environment, lead, values, author=self._author(ask, now))
        return Response(status=NO_CONTENT)

    def _property_value(self, lead: Lead, column: Column) -> Response:
        value = lead.values.get(column.name)
        if value is None:
            return Response(status=NO_CONTENT)
        context = f"{self.api}/$metadata#leads({lead.lead_id})/{column.name}"
        return json_answer({"@odata.context": context, "value": value})

    def _make(self, ask: Ask, values: Values, *, lead_id: str | None, now: datetime) -> Lead:
        self._apply_duplicate_rule(ask, values, lead_id=lead_id)
        chosen = lead_id or values.columns.get("leadid")
        if isinstance(chosen, str) and self.environment.store.get(chosen) is not None:
            raise DataverseError(Refusal.DUPLICATE_RECORD, "A record with matching key values already exists.")
        return lifecycle.create_lead(self.environment, values, author=self._author(ask, now), lead_id=lead_id)

    def _change(self, ask: Ask, lead: Lead, address: Address, *, now: datetime) -> Lead:
        body = ask.json()
        named = body.get("leadid", lead.lead_id)
        if not isinstance(named, str) or named.lower() != lead.lead_id:
            raise bad_payload(f"The primary key '{named}' in the body is not the one in the request URI.")
        if isinstance(address, dict):
            # The key's own columns can't be changed through it (contract 4.3, key rule 1).
            body = {name: value for name, value in body.items() if name not in address}
        values = read_body(body, self.environment.schema, kind=WriteKind.UPDATE, texts=self._number_texts)
        self._apply_duplicate_rule(ask, values, lead_id=lead.lead_id)
        return lifecycle.update_lead(self.environment, lead, values, author=self._author(ask, now))

    def _keyed_values(self, ask: Ask, address: Address) -> Values:
        """What a create by address writes: an alternate key's values come from the URL where the body has none (rule 2)."""
        body = ask.json()
        if isinstance(address, str):
            named = body.get("leadid", address)
            if not isinstance(named, str) or named.lower() != address:
                raise bad_payload(f"The primary key '{named}' in the body is not the one in the request URI.")
        else:
            body = {**self.addresses.typed_key(address), **body}
        return read_body(body, self.environment.schema, kind=WriteKind.CREATE, texts=self._number_texts)

    def _values(self, ask: Ask, kind: WriteKind) -> Values:
        return read_body(ask.json(), self.environment.schema, kind=kind, texts=self._number_texts)

    def _apply_duplicate_rule(self, ask: Ask, values: Values, *, lead_id: str | None) -> None:
        if ask.request.headers.get("MSCRM.SuppressDuplicateDetection", "true").lower() == "false":
            lifecycle.refuse_duplicates(self.environment, values, lead_id=lead_id)

    def _written(self, ask: Ask, lead: Lead, *, address: Address, status: Literal[200, 201]) -> Response:
        if ask.preferences.wants_representation:
            return json_answer(self._single(ask, lead), status=status, headers={"ETag": lead.etag})
        where = f"{self.api}/leads({_key_text(address)})"
        headers = {"OData-EntityId": where} | ({"Location": where} if ask.method == "POST" else {})
        return Response(status=NO_CONTENT, headers=headers)

    def _single(self, ask: Ask, lead: Lead) -> dict[str, Any]:
        columns = selected_columns(ask.options.get("$select"), self.environment.schema)
        return {"@odata.context": f"{self._context(ask)}/$entity", **self._shown(ask, lead, columns)}

    def _shown(self, ask: Ask, lead: Lead, columns: list[Column] | None) -> dict[str, Any]:
        chosen = self.environment.schema.columns.values() if columns is None else columns
        return represented(lead, chosen, directory=self.environment.directory, preferences=ask.preferences)

    def _context(self, ask: Ask) -> str:
        selected = ask.options.get("$select", "")
        return f"{self.api}/$metadata#leads{f'({selected})' if selected else ''}"

    def _require(self, privilege: str, ask: Ask) -> None:
        self.environment.switches.require(privilege, user_id=ask.user_id)

    def _author(self, ask: Ask, now: datetime) -> Author:
        return Author(user_id=ask.user_id, at=dates.moment_text(now), by_api=True)

    @property
    def _number_texts(self) -> NumberTexts:
        return NumberTexts(self.environment.switches.number_texts)


def check_version(lead: Lead, if_match: str) -> None:
    if if_match not in ("", "*", lead.etag):
        raise DataverseError(
            Refusal.VERSION_MISMATCH,
            "The version of the existing record doesn't match the RowVersion property provided.",
        )


def _key_text(address: Address) -> str:
    if isinstance(address, str):
        return address
    return ",".join(f"{name}='{value.replace(chr(39), chr(39) * 2)}'" for name, value in address.items())
