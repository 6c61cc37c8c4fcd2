"""What a person says of leads that a company's website alone ties to it: one is the company's, or none is (f.7)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from crm.models import CrmRecord
from crm.push.look_alikes import taken_over, told_apart
from crm.push.record import LeadRecord, LeadState, LookAlike
from crm.registry import crm_backend
from crm.services.deciding import Decided, locked
from crm.services.intents import as_value, put
from hunter.audit import recording
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.transactions import retried
from hunter.work.asking import ask
from hunter.work.models import Priority


@dataclass(frozen=True, slots=True)
class LookAlikeShown:
    """One that waits for a decision, as people and programs see it."""

    lead_id: str
    name: str
    lead_url: str


def look_alikes_shown(row: CrmRecord) -> tuple[LookAlikeShown, ...]:
    """What waits for a decision about this lead; nothing once there is none to be made."""
    if row.state != LeadState.REVIEW:
        return ()
    address_of = crm_backend(row.crm).address_of
    return tuple(
        LookAlikeShown(one["lead_id"], one["name"], address_of(one["lead_id"], None)) for one in row.look_alikes
    )


@retried
@transaction.atomic
def take_over_lead(record: CrmRecord, *, lead_id: UUID, by: AbstractBaseUser | None) -> Decided:
    """The lead is the company's: from now on Hunter keeps it in step, as one that it found by the domain. Audited.

    Raises HunterError when it waits for no decision, or when the company has a lead already. Twice is as once.
    """
    company, row = locked(record)
    domain, title = company.domain, crm_backend(row.crm).title
    value = as_value(row, domain=domain)
    done = Decided(f"Hunter takes the lead over: it is read in {title} and then written to, within a minute.")
    if str(lead_id) == value.lead_id and value.adopted:
        return done
    chosen = next((one for one in _waiting(value, domain) if one.lead_id == str(lead_id)), None)
    if chosen is None:
        raise HunterError(f"The lead {lead_id} does not wait for a decision about {domain} any more: look again.")
    if value.known or value.sent:
        raise HunterError(
            f"{domain} has a lead in {title} already. Merge the two there, then push it here; or say that the other one is "
            "another company's."
        )
    others = CrmRecord.objects.of_crm(row.crm).filter(Q(lead_id=lead_id) | Q(own_id=lead_id)).exclude(pk=row.pk)
    if other := others.select_related("company").first():
        raise HunterError(f"That lead is the one of {other.company.domain}. Look at it in {title}.")
    _decide(row, taken_over(value, chosen.lead_id), act="take over a lead", about=[chosen], by=by)
    return done


@retried
@transaction.atomic
def keep_apart(record: CrmRecord, *, lead_ids: Collection[UUID], by: AbstractBaseUser | None) -> Decided:
    """None of them is the company's: it gets a lead of its own, or keeps it, and no look stops for them again. Audited.

    Raises HunterError unless these are those that wait. Twice is as once.
    """
    company, row = locked(record)
    domain, title = company.domain, crm_backend(row.crm).title
    value = as_value(row, domain=domain)
    seen = {str(lead_id) for lead_id in lead_ids}
    done = Decided(
        f"The lead of {domain} goes on as it is; {title}'s others are not asked about again."
        if value.known
        else f"{domain} gets a lead of its own in {title} within a minute."
    )
    if seen and seen <= value.kept_apart:
        return done
    waiting = _waiting(value, domain)
    if seen != {one.lead_id for one in waiting}:
        raise HunterError(
            f"The leads that may be {domain}'s are others since you looked. Nothing was changed: look again."
        )
    _decide(row, told_apart(value), act="keep leads apart", about=waiting, by=by)
    return done


def _waiting(value: LeadRecord, domain: str) -> tuple[LookAlike, ...]:
    if value.state is not LeadState.REVIEW or not value.look_alikes:
        raise HunterError(f"No lead waits for a decision about {domain} any more. Nothing was changed.")
    return value.look_alikes


def _decide(
    row: CrmRecord,
    decided: LeadRecord,
    *,
    act: str,
    about: Collection[LookAlike],
    by: AbstractBaseUser | None,
) -> None:
    """Store it and ask for the push, whose look decides as for any other lead."""
    before = str(row.lead_id)
    put(row, decided, mapping_version=row.mapping_version, now=row.looked_at or database_now())
    row.wanted_by_person = True
    row.save()
    told = [{"lead_id": one.lead_id, "name": one.name} for one in about]
    recording.record(row, act=act, by=by, before={"lead_id": before}, after={"leads": told})
    asked_by = by.get_username() if by else ""
    ask(crm_backend(row.crm).push_kind, [decided.domain], priority=Priority.PERSON, asked_by=asked_by)
