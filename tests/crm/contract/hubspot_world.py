"""HubSpot for the contract tests: the simulated account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.hubspot.answers import read_value
from crm.hubspot.backend import MAPPINGS
from crm.hubspot.changes import PAGE_SIZE
from crm.hubspot.client import HubSpotCrm
from crm.hubspot.columns import CONTACT, LeadColumns, can_be_kept
from crm.hubspot.ids import KEY, id_of_number, number_of
from crm.hubspot.rows import is_newer
from crm.mapping.loading import load_mapping
from hunter.remote.gate import Gate, OpenGate
from hunter.sandbox.running import RunningSandbox

OPERATIONS = {
    "create": "create", "change": "update", "read": "read", "locate": "read", "changes": "query", "describe": "properties",
    "check_access": "whoami", "create contact": "contact_create",
    "read contact": "contact_read", "change contact": "contact_update",
}  # fmt: skip


class HubSpotWorld:
    """One account, whose people work in the company records; its limits are lifted."""

    columns: Mapping[str, str] = {
        "domain": "domain",
        "name": "name",
        "website": "website",
        "phone": "phone",
        "score": "hnt_finalscore",
        "mail": "contact.email",
        "first_name": "contact.firstname",
    }
    page_size = PAGE_SIZE

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.mapping = load_mapping(MAPPINGS / "v1.toml", crm="hubspot", rules=can_be_kept)
        self._kinds = {column.name: column.kind for column in self.mapping.column}
        self._sandbox = sandbox
        self._edit("limit", limits={"requests": 100_000, "searches": 100_000})

    def connected(
        self, *, gate: Gate | None = None, bearer: str | None = None, columns: LeadColumns | None = None
    ) -> HubSpotCrm:
        return HubSpotCrm(
            base_url=self._sandbox.env["HUBSPOT_URL"],
            gate=gate or OpenGate(),
            bearer=self._sandbox.env["HUBSPOT_TOKEN"] if bearer is None else bearer,
            columns=columns or LeadColumns.of(self.mapping.column, self.columns.values()),
        )

    def is_newer(self, etag: str, than: str) -> bool:
        return is_newer(etag, than)

    def person_creates(self, domain: str, **words: Any) -> str:
        made = self._edit("create", properties=self._named(({"domain": domain} if domain else {}) | words))
        return id_of_number(made["id"])

    def person_changes(self, lead_id: str, **words: Any) -> None:
        named = self._named(words)
        if of_company := {name: value for name, value in named.items() if not name.startswith(CONTACT)}:
            self._edit("change", company=number_of(lead_id) or lead_id, properties=of_company)
        if person := {name.removeprefix(CONTACT): value for name, value in named.items() if name.startswith(CONTACT)}:
            self._edit("change_contact", contact=lead_id, properties=person)

    def person_deletes(self, lead_id: str) -> None:
        self._edit("delete", company=number_of(lead_id) or lead_id)

    def person_merges(self, lead_id: str, *, into: str) -> None:
        self._edit("merge", company=number_of(into) or into, other=number_of(lead_id) or lead_id)

    def person_closes(self, lead_id: str) -> bool:
        return False

    def drop_column(self, word: str) -> None:
        self._edit("drop_property", property=self.columns[word])

    def fails(self, operation: str, **fault: Any) -> None:
        self._sandbox.control.add_fault(service="hubspot", operation=OPERATIONS[operation], **{"times": 1} | fault)

    def held(self, domain: str) -> list[Mapping[str, Any]]:
        state = self._sandbox.control.state("hubspot")
        people = {one["properties"].get(KEY): one["properties"] for one in state["contacts"]}
        return [
            {word: self._value(one["properties"], people, column) for word, column in self.columns.items()}
            for one in state["companies"]
            if one["properties"].get("domain") == domain
        ]

    def _value(self, company: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]], column: str) -> Any:
        """Of a contact's column the value of the contact that holds the company's id."""
        record = people.get(company.get(KEY) or "", {}) if column.startswith(CONTACT) else company
        return read_value(record.get(column.removeprefix(CONTACT)), self._kinds[column])

    def own_ids(self) -> list[str]:
        """The ids of Hunter's that companies hold."""
        companies = self._sandbox.control.state("hubspot")["companies"]
        return [one["properties"][KEY] for one in companies if one["properties"].get(KEY)]

    def calls(self) -> int:
        return len(self._sandbox.control.calls("hubspot"))

    def _named(self, words: Mapping[str, Any]) -> dict[str, Any]:
        return {self.columns[word]: value for word, value in words.items()}

    def _edit(self, act: str, **members: Any) -> dict[str, Any]:
        return self._sandbox.control.edit("hubspot", {"act": act, **members})
