"""Dynamics 365 for the contract tests: the simulated Dataverse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.dynamics365.backend import MAPPINGS
from crm.dynamics365.changes import PAGE_SIZE, is_newer
from crm.dynamics365.client import DynamicsCrm
from crm.mapping.loading import load_mapping
from hunter.remote.gate import Gate, OpenGate
from hunter.sandbox.running import RunningSandbox
from tests.hunter.sandbox.callers import as_application

OPERATIONS = {
    "create": "create", "change": "update", "read": "read", "locate": "query", "changes": "query", "describe": "metadata",
    "check_access": "whoami",
}  # fmt: skip


class DynamicsWorld:
    """One environment, whose people work in the lead forms."""

    columns: Mapping[str, str] = {
        "domain": "hnt_domain",
        "name": "companyname",
        "website": "websiteurl",
        "phone": "telephone1",
        "score": "hnt_finalscore",
        "mail": "emailaddress1",
        "first_name": "firstname",
    }
    page_size = PAGE_SIZE

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.mapping = load_mapping(MAPPINGS / "v1.toml", crm="dynamics365")
        self._sandbox = sandbox
        self._token = as_application(sandbox).json()["access_token"]

    def connected(self, *, gate: Gate | None = None, bearer: str | None = None) -> DynamicsCrm:
        return DynamicsCrm(
            base_url=self._sandbox.env["D365_URL"],
            gate=gate or OpenGate(),
            bearer=self._token if bearer is None else bearer,
            columns=self.columns.values(),
        )

    def is_newer(self, etag: str, than: str) -> bool:
        return is_newer(etag, than)

    def person_creates(self, domain: str, **words: Any) -> str:
        lead_id: str = self._edit("create", columns=self._named(({"domain": domain} if domain else {}) | words))[
            "leadid"
        ]
        return lead_id

    def person_changes(self, lead_id: str, **words: Any) -> None:
        self._edit("change", lead=lead_id, columns=self._named(words))

    def person_deletes(self, lead_id: str) -> None:
        self._edit("delete", lead=lead_id)

    def person_merges(self, lead_id: str, *, into: str) -> None:
        self._edit("merge", lead=into, subordinate=lead_id)

    def person_closes(self, lead_id: str) -> bool:
        self._edit("disqualify", lead=lead_id)
        return True

    def drop_column(self, word: str) -> None:
        self._edit("drop_column", column=self.columns[word])

    def fails(self, operation: str, **fault: Any) -> None:
        self._sandbox.control.add_fault(service="dataverse", operation=OPERATIONS[operation], **{"times": 1} | fault)

    def held(self, domain: str) -> list[Mapping[str, Any]]:
        leads = self._sandbox.control.state("dataverse")["leads"]
        return [
            {word: lead[column] for word, column in self.columns.items()}
            for lead in leads
            if lead.get("hnt_domain") == domain
        ]

    def calls(self) -> int:
        return len(self._sandbox.control.calls("dataverse"))

    def _named(self, words: Mapping[str, Any]) -> dict[str, Any]:
        return {self.columns[word]: value for word, value in words.items()}

    def _edit(self, act: str, **members: Any) -> dict[str, Any]:
        return self._sandbox.control.edit("dataverse", {"act": act, **members})
