"""What people at the other side do to leads. One class for each act; `lead` is a GUID or a domain."""

from __future__ import annotations

from typing import Any, Literal

from hunter.sandbox.dataverse import lifecycle
from hunter.sandbox.dataverse.errors import no_such_record
from hunter.sandbox.dataverse.hands import Act, Hands
from hunter.sandbox.dataverse.records import Lead
from hunter.sandbox.dataverse.schema import Scalar
from hunter.sandbox.dataverse.writing import NumberTexts, Values, WriteKind, read_body

DISQUALIFIED = 2
OPEN = 0


class CreateLead(Act):
    act: Literal["create"]
    columns: dict[str, Any]

    def apply(self, hands: Hands) -> dict[str, Any]:
        schema = hands.environment.schema
        values = read_body(self.columns, schema, kind=WriteKind.CREATE, texts=NumberTexts.REFUSED)
        return _seen(lifecycle.create_lead(hands.environment, values, author=hands.author))


class ChangeLead(Act):
    act: Literal["change"]
    lead: str
    columns: dict[str, Any]

    def apply(self, hands: Hands) -> dict[str, Any]:
        schema = hands.environment.schema
        values = read_body(self.columns, schema, kind=WriteKind.UPDATE, texts=NumberTexts.REFUSED)
        lead = hands.lead(self.lead)
        return _seen(lifecycle.update_lead(hands.environment, lead, values, author=hands.author))


class DeleteLead(Act):
    act: Literal["delete"]
    lead: str

    def apply(self, hands: Hands) -> dict[str, Any]:
        lead = hands.lead(self.lead)
        lifecycle.delete_lead(hands.environment, lead)
        return {"leadid": lead.lead_id}


class RestoreLead(Act):
    """Bring a deleted lead back from the recycle bin, which must have been switched on."""

    act: Literal["restore"]
    lead: str

    def apply(self, hands: Hands) -> dict[str, Any]:
        for lead_id, lead in hands.environment.store.bin.items():
            if self.lead in (lead_id, lead.values.get("hnt_domain")):
                return _seen(lifecycle.restore_lead(hands.environment, lead_id))
        raise no_such_record("lead", self.lead)


class DisqualifyLead(Act):
    act: Literal["disqualify"]
    lead: str
    status: int | None = None

    def apply(self, hands: Hands) -> dict[str, Any]:
        return _with_state(hands, self.lead, state=DISQUALIFIED, status=self.status)


class ReopenLead(Act):
    act: Literal["reopen"]
    lead: str
    status: int | None = None

    def apply(self, hands: Hands) -> dict[str, Any]:
        return _with_state(hands, self.lead, state=OPEN, status=self.status)


class QualifyLead(Act):
    act: Literal["qualify"]
    lead: str

    def apply(self, hands: Hands) -> dict[str, Any]:
        return _seen(lifecycle.qualify_lead(hands.environment, hands.lead(self.lead), author=hands.author))


class MergeLeads(Act):
    """`lead` stays; `subordinate` is closed and points to it."""

    act: Literal["merge"]
    lead: str
    subordinate: str

    def apply(self, hands: Hands) -> dict[str, Any]:
        target = hands.lead(self.lead)
        subordinate = hands.lead(self.subordinate, field="subordinate")
        return _seen(
            lifecycle.merge_leads(hands.environment, target=target, subordinate=subordinate, author=hands.author)
        )


LeadAct = CreateLead | ChangeLead | DeleteLead | RestoreLead | DisqualifyLead | ReopenLead | QualifyLead | MergeLeads


def _with_state(hands: Hands, named: str, *, state: int, status: int | None) -> dict[str, Any]:
    columns: dict[str, Scalar] = {"statecode": state}
    if status is not None:
        columns["statuscode"] = status
    lead = hands.lead(named)
    return _seen(lifecycle.update_lead(hands.environment, lead, Values(columns), author=hands.author))


def _seen(lead: Lead) -> dict[str, Any]:
    return {"leadid": lead.lead_id, "etag": lead.etag, "lead": dict(lead.values)}
