"""CreateMultiple, UpdateMultiple, UpsertMultiple: many leads in one transaction (contract 8.2, D37, D48)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug import Response

from hunter.sandbox.dataverse import lifecycle
from hunter.sandbox.dataverse.addressing import read_key, split_path
from hunter.sandbox.dataverse.answers import json_answer
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload
from hunter.sandbox.dataverse.guids import read_guid
from hunter.sandbox.dataverse.lifecycle import Author, Environment
from hunter.sandbox.dataverse.locating import Address, Addresses
from hunter.sandbox.dataverse.records import Lead
from hunter.sandbox.dataverse.requests import Ask
from hunter.sandbox.dataverse.writing import NumberTexts, WriteKind, read_body

CRM = "Microsoft.Dynamics.CRM."
TYPE = "@odata.type"
Target = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MultipleCalls:
    """The messages of one environment. The caller holds the lock."""

    environment: Environment
    api: str

    def knows(self, name: str) -> bool:
        return name.removeprefix(CRM) in self._messages()

    def answer(self, ask: Ask, name: str, *, author: Author) -> Response:
        """Write all targets, or none and the refusal of the first that failed; it does not say which that was."""
        message = name.removeprefix(CRM)
        targets = _targets(ask.json())
        for privilege in ("prvCreateLead", "prvWriteLead"):
            if message != ("CreateMultiple" if privilege == "prvWriteLead" else "UpdateMultiple"):
                self.environment.switches.require(privilege, user_id=ask.user_id)
        before, write = self.environment.store.snapshot(), self._messages()[message]
        try:
            written = [write(target, author) for target in targets]
        except DataverseError:
            self.environment.store.restore(before)
            raise
        if message != "CreateMultiple":
            return Response(status=204)
        context = f"{self.api}/$metadata#{CRM}CreateMultipleResponse"
        return json_answer({"@odata.context": context, "Ids": [lead.lead_id for lead in written]})

    def _messages(self) -> Mapping[str, Callable[[Target, Author], Lead]]:
        return {"CreateMultiple": self._create, "UpdateMultiple": self._update, "UpsertMultiple": self._upsert}

    def _create(self, target: Target, author: Author) -> Lead:
        values = self._values(target, WriteKind.CREATE)
        return lifecycle.create_lead(self.environment, values, author=author)

    def _update(self, target: Target, author: Author) -> Lead:
        address = _address(target)
        if address is None:
            raise DataverseError(Refusal.UNEXPECTED_SHAPE, "An update needs the primary key or @odata.id of its row.")
        return self._change(Addresses(self.environment).existing(address), address, target, author)

    def _upsert(self, target: Target, author: Author) -> Lead:
        address = _address(target)
        if address is None:
            return self._create(target, author)
        lead = Addresses(self.environment).found(address)
        if lead is not None:
            return self._change(lead, address, target, author)
        if isinstance(address, str):
            values = self._values({**target, "leadid": address}, WriteKind.CREATE)
        elif set(address) & set(target):
            raise DataverseError(Refusal.UNEXPECTED_SHAPE, "An unexpected error occurred: a key column is given twice.")
        else:
            values = self._values({**Addresses(self.environment).typed_key(address), **target}, WriteKind.CREATE)
        return lifecycle.create_lead(self.environment, values, author=author)

    def _change(self, lead: Lead, address: Address, target: Target, author: Author) -> Lead:
        keyed = address if isinstance(address, dict) else {"leadid": ""}
        values = self._values({name: value for name, value in target.items() if name not in keyed}, WriteKind.UPDATE)
        return lifecycle.update_lead(self.environment, lead, values, author=author)

    def _values(self, target: Target, kind: WriteKind) -> Any:
        texts = NumberTexts(self.environment.switches.number_texts)
        return read_body(target, self.environment.schema, kind=kind, texts=texts)


def _targets(body: Mapping[str, Any]) -> list[Target]:
    targets = body.get("Targets")
    if not isinstance(targets, list) or not targets:
        raise bad_payload("The parameter 'Targets' must be a list of rows.")
    for target in targets:
        if not isinstance(target, dict) or str(target.get(TYPE, "")).removeprefix("#") != f"{CRM}lead":
            raise bad_payload(f'A row of \'Targets\' needs "{TYPE}": "{CRM}lead".')
    return targets


def _address(target: Target) -> Address | None:
    """Which row a target means: by its primary key or its `@odata.id`. Raises DataverseError for nonsense."""
    if "leadid" in target:
        guid = read_guid(str(target["leadid"]))
        if guid is None:
            raise bad_payload(f"Cannot convert the literal '{target['leadid']}' to the expected type 'Edm.Guid'.")
        return guid
    if "@odata.id" not in target:
        return None
    segment = split_path(str(target["@odata.id"]))[-1]
    if segment.name != "leads" or segment.key is None:
        raise bad_payload(f"The @odata.id '{target['@odata.id']}' is no row of leads.")
    return read_key(segment.key)
