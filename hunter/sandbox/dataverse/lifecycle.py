"""What happens to a lead: created, changed, deleted, merged, qualified (contract 4, 11). Values come in validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import uuid4

from hunter.sandbox.dataverse.directory import BUSINESS_UNIT, CURRENCY, Directory, Reference
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, no_such_record
from hunter.sandbox.dataverse.records import Lead, LeadStore, folded
from hunter.sandbox.dataverse.schema import LOOKUPS, ColumnType, Scalar, Schema
from hunter.sandbox.dataverse.switches import Switches
from hunter.sandbox.dataverse.writing import Values

NAME_PARTS = ("firstname", "lastname")
BASE_AMOUNTS = {"revenue": "revenue_base", "estimatedamount": "estimatedamount_base"}
STATE_NAMES = {0: "Open", 1: "Qualified", 2: "Disqualified"}
OPEN, QUALIFIED, DISQUALIFIED = 0, 1, 2


@dataclass
class Environment:
    """Everything that one environment of the customer holds. The service holds one lock around its use."""

    schema: Schema
    store: LeadStore
    directory: Directory
    switches: Switches


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and when. A write by API counts for the lead's `writes`, one by a person for its `edits`."""

    user_id: str
    at: str
    by_api: bool

    def sign(self, lead: Lead) -> Lead:
        if self.by_api:
            return replace(lead, writes=lead.writes + 1)
        return replace(lead, edits=lead.edits + 1)


def create_lead(environment: Environment, values: Values, *, author: Author, lead_id: str | None = None) -> Lead:
    """Add a row; it starts Open, belongs to its author unless an owner is bound, and has the given id if there is one."""
    store, columns = environment.store, dict(values.columns)
    chosen = lead_id or columns.pop("leadid", None) or str(uuid4())
    columns.pop("leadid", None)
    status = columns.pop("statuscode", None)
    columns |= _state_columns(environment.schema, OPEN, 1 if status is None else status, lead_id=str(chosen))
    created_on = columns.pop("overriddencreatedon", None) or author.at

    blank = _blank_row(environment.schema, str(chosen))
    lead = replace(blank, created_by_api=author.by_api)
    owner = Reference("systemuser", author.user_id)
    lead = _bound(
        lead, {"ownerid": owner, "createdby": owner, "owningbusinessunit": Reference("businessunit", BUSINESS_UNIT)}
    )
    lead = _with_binds(environment, lead, values.binds)
    lead = _written(environment, lead, {**columns, "createdon": created_on}, author=author)
    store.insert(lead)
    return lead


def update_lead(environment: Environment, lead: Lead, values: Values, *, author: Author) -> Lead:
    """Change the given columns. Every column named counts as written, also where the value is the same."""
    columns = {name: value for name, value in values.columns.items() if name != "leadid"}
    _refuse_closed(environment, lead, columns)
    columns |= _state_change(environment.schema, lead, columns)
    bound = _with_binds(environment, lead, values.binds)
    changed = _written(environment, bound, columns, author=author)
    environment.store.replace(changed)
    return changed


def delete_lead(environment: Environment, lead: Lead) -> None:
    environment.store.delete(lead, into_bin=environment.switches.recycle_bin)


def restore_lead(environment: Environment, lead_id: str) -> Lead:
    """Bring a deleted row back; a live row with its id or key value is in the way (contract 4.8)."""
    lead = environment.store.bin.get(lead_id)
    if lead is None:
        raise no_such_record("lead", lead_id)
    if environment.store.get(lead_id) is not None:
        raise DataverseError(Refusal.RESTORE_DUPLICATE, "Please delete the existing conflicting record and try again.")
    restored = lead.with_values({}, version=environment.store.next_version())
    try:
        environment.store.insert(restored)
    except DataverseError as error:
        raise DataverseError(Refusal.RESTORE_DUPLICATE_KEY, error.message) from error
    del environment.store.bin[lead_id]
    return restored


def merge_leads(environment: Environment, *, target: Lead, subordinate: Lead, author: Author) -> Lead:
    """Fill the target's empty columns from the subordinate, and close that one under its own id (D41)."""
    if target.lead_id == subordinate.lead_id:
        raise DataverseError(
            Refusal.MERGE_IDENTICAL, "Merge cannot be performed on master and sub-entities that are identical."
        )
    if target.values["statecode"] != OPEN or subordinate.values["statecode"] != OPEN:
        raise DataverseError(Refusal.MERGE_NOT_ACTIVE, "Merge cannot be performed on entities that are not active.")

    keyed = {column for key in environment.schema.keys.values() for column in key.columns}
    fillable = {
        name for name, column in environment.schema.columns.items() if column.update and column.type not in LOOKUPS
    }
    moved = {
        name: subordinate.values[name]
        for name in fillable - keyed
        if target.values.get(name) is None and subordinate.values.get(name) is not None
    }
    closed = _state_columns(environment.schema, DISQUALIFIED, 4, lead_id=subordinate.lead_id)
    losing = _bound(subordinate, {"masterid": Reference("lead", target.lead_id)})
    environment.store.replace(_written(environment, losing, {**closed, "merged": True}, author=author))
    winning = _written(environment, target, moved, author=author)
    environment.store.replace(winning)
    return winning


def qualify_lead(environment: Environment, lead: Lead, *, author: Author) -> Lead:
    """What QualifyLead does: state Qualified, with an account, a contact and an opportunity of its own (D42)."""
    if lead.values["statecode"] != OPEN:
        raise DataverseError(Refusal.ALREADY_CLOSED, "The lead is already closed.")
    made = {
        "parentaccountid": Reference("account", str(uuid4())),
        "parentcontactid": Reference("contact", str(uuid4())),
        "qualifyingopportunityid": Reference("opportunity", str(uuid4())),
    }
    for reference in made.values():
        environment.directory.add(
            reference, name=str(lead.values.get("companyname") or lead.values.get("subject") or "")
        )
    closed = _state_columns(environment.schema, QUALIFIED, 3, lead_id=lead.lead_id)
    qualified = _written(environment, _bound(lead, made), closed, author=author)
    environment.store.replace(qualified)
    return qualified


def refuse_duplicates(environment: Environment, values: Values, *, lead_id: str | None) -> None:
    """The published duplicate rule: a lead with the same value in one of the rule's columns (contract 5, D33)."""
    refusal = Refusal.DUPLICATE_RULE if environment.switches.duplicate_status == 500 else Refusal.DUPLICATE_RULE_412
    for name in environment.switches.duplicate_columns:
        value = folded(values.columns.get(name))
        if value is None:
            continue
        if any(folded(lead.values.get(name)) == value and lead.lead_id != lead_id for lead in environment.store.all()):
            raise DataverseError(
                refusal, "A record was not created or updated because a duplicate of the current record already exists."
            )


def _blank_row(schema: Schema, lead_id: str) -> Lead:
    values: dict[str, Scalar] = {column.property_name: None for column in schema.columns.values()}
    values |= {name: column.default for name, column in schema.columns.items() if column.type is ColumnType.BOOLEAN}
    return Lead(lead_id, version=0, values=MappingProxyType({**values, "leadid": lead_id}))


def _written(environment: Environment, lead: Lead, columns: Mapping[str, Scalar], *, author: Author) -> Lead:
    """The row as this write leaves it: refused or rewritten by plug-ins, with what the server sets itself."""
    for rejecting in environment.switches.reject_rules:
        if author.by_api and rejecting.refuses(columns.get(rejecting.column)):
            raise DataverseError(Refusal.PLUGIN_REFUSED, rejecting.message)

    values = dict(columns)
    for rewriting in environment.switches.rewrite_rules:
        text = values.get(rewriting.column)
        if isinstance(text, str):
            values[rewriting.column] = rewriting.rewritten(text) or None

    merged = {**lead.values, **values}
    values |= _computed(merged, values)
    lead = _bound(lead, {"modifiedby": Reference("systemuser", author.user_id)})
    if any(name in values and values[name] is not None for name in BASE_AMOUNTS) and not merged.get(
        "_transactioncurrencyid_value"
    ):
        lead = _bound(lead, {"transactioncurrencyid": Reference("transactioncurrency", CURRENCY)})
    signed = author.sign(lead)
    known = environment.schema.by_property
    kept = {name: value for name, value in {**values, "modifiedon": author.at}.items() if known(name) is not None}
    return signed.with_values(kept, version=environment.store.next_version())


def _computed(row: Mapping[str, Scalar], written: Mapping[str, Scalar]) -> dict[str, Scalar]:
    computed: dict[str, Scalar] = {BASE_AMOUNTS[name]: written[name] for name in BASE_AMOUNTS if name in written}
    full_name = " ".join(str(row[part]) for part in NAME_PARTS if row.get(part))
    return {**computed, "fullname": full_name[:160] or None}


def _with_binds(environment: Environment, lead: Lead, binds: Mapping[str, str | None]) -> Lead:
    references: dict[str, Reference | None] = {}
    for name, address in binds.items():
        column = environment.schema.by_navigation(name)
        if column is None or not column.update:
            continue
        tables = column.navigation[name]
        reference = None if address is None else environment.directory.resolve(address, tables=tables)
        if column.type is ColumnType.OWNER and reference is not None:
            environment.directory.check_owner(reference)
        references[column.name] = reference
    return _bound(lead, references)


def _bound(lead: Lead, references: Mapping[str, Reference | None]) -> Lead:
    values = {f"_{name}_value": reference.row_id if reference else None for name, reference in references.items()}
    tables = {name: reference.table for name, reference in references.items() if reference}
    return replace(lead, values=MappingProxyType({**lead.values, **values}), tables={**lead.tables, **tables})


def _refuse_closed(environment: Environment, lead: Lead, columns: Mapping[str, Scalar]) -> None:
    if environment.switches.closed_leads_readonly and lead.values["statecode"] != OPEN and "statecode" not in columns:
        raise DataverseError(
            Refusal.INVALID_STATE, f"The lead With Id = {lead.lead_id} is closed and read-only; reactivate it first."
        )


def _state_change(schema: Schema, lead: Lead, columns: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """State and status as they belong together: a state alone takes its default status (D24)."""
    if "statecode" not in columns and "statuscode" not in columns:
        return {}
    state = columns.get("statecode", lead.values["statecode"])
    status = columns.get("statuscode")
    if status is None:
        option = schema.columns["statecode"].option(state)
        status = option.default_status if option else None
    return _state_columns(schema, state, status, lead_id=lead.lead_id)


def _state_columns(schema: Schema, state: Scalar, status: Scalar, *, lead_id: str) -> dict[str, Scalar]:
    option = schema.columns["statuscode"].option(status)
    if option is None or option.state != state:
        name = STATE_NAMES.get(state, str(state)) if isinstance(state, int) else state
        raise DataverseError(
            Refusal.WRONG_STATUS,
            f"{status} is not a valid status code for state code LeadState.{name} on lead with Id {lead_id}.",
        )
    return {"statecode": state, "statuscode": status}
