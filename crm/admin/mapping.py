"""The mapping: which value goes to which column, how each column stands in the CRM, and what Hunter made there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldBooleanWidget

from crm.admin.due_page import closed_words
from crm.admin.winners import WINNERS
from crm.backend import CrmBackend
from crm.mapping.columns import Column, Direction
from crm.mapping.loading import MappingError
from crm.mapping.resolving import Fault, Gravity
from crm.models import ProvisionedPart
from crm.provision_kind import OPERATION
from crm.registry import chosen_crms, crm_backend, enabled_crms, titles
from crm.services.checking import CheckReport, check_crm
from crm.services.last_check import LastCheck, forget_check, last_check
from crm.services.provisioning import ask_to_provision
from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.showing import NOTHING, Tone, ago, badge, list_url, two_lines
from hunter.ops.ways_out import WayOut, sources
from hunter.remote.errors import ErrorKind
from hunter.remote.models import Lane
from hunter.work.models import ErrorRecord, Item

DIRECTIONS: Mapping[Direction, str] = {
    Direction.OUT: "out",
    Direction.BOTH: "both ways",
    Direction.FIRST_PUSH: "out, once",
}
EMPTY = {"omit": "left out", "clear": "cleared", "default": "a default", "refuse": "no push"}


class ProvisionForm(forms.Form):
    """What is to be made."""

    with_optional = forms.BooleanField(
        label="Also the columns that the mapping uses only where they are",
        required=False,
        widget=UnfoldBooleanWidget,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One column of the mapping, as the page shows it."""

    column: str
    title: str
    value: str
    kind: str
    empty: str
    direction: str
    winner: str
    state: SafeString
    words: str


def check(chosen: Chosen) -> ActResult:
    """Each CRM that is on; what one can't do keeps no other from being checked."""
    made: list[str] = []
    failed = False
    backends = enabled_crms()
    for backend in backends:
        try:
            if closed := closed_words(backend):  # a page does not wait for minutes
                raise HunterError(f"{closed} Resume it under Set-up, Lanes, then check again.")
            report = check_crm(backend)
        except HunterError as error:
            if len(backends) == 1:
                raise
            made.append(
                error.message if error.message.startswith(backend.title) else f"{backend.title}: {error.message}"
            )
            failed = True
            continue
        made.append(checked_words(report))
        failed = failed or report.failed
    return Told(" ".join(made), failed=failed)


def checked_words(report: CheckReport) -> str:
    """What was found, in one line: the page has a line for each fault."""
    found = report.sentence().splitlines()[0]
    return f"{found[:-1]}, each at its column below." if report.faults else found


def provision(chosen: Chosen) -> ActResult:
    by = chosen.by if isinstance(chosen.by, AbstractBaseUser) else None
    backends = [backend for backend in enabled_crms() if backend.provisioner is not None]
    for backend in backends:
        with transaction.atomic(durable=True):
            lane = Lane.objects.filter(pk=backend.lane.value).first()
            if lane is not None:
                record(lane, act=OPERATION, by=by)
        ask_to_provision(backend, with_optional=bool(chosen.answers.get("with_optional")), by=by)
        forget_check(backend)
    lacks = "lacks" if len(backends) == 1 else "lack"
    return Told(f"What {titles(backends)} {lacks} is created, one part after the other; this page shows how far it is.")


def what_is_made(rows: QuerySet[Any]) -> str:
    """What will happen there, before it does."""
    backends = chosen_crms()
    lacks = "lacks are" if len(backends) == 1 else "lack are"
    return (
        f"Columns and the key that the mapping needs and {titles(backends)} {lacks} created there, set apart as Hunter's "
        "own. Nothing that is there is changed or deleted. It takes up to ten minutes; pushes wait meanwhile."
        + "".join(f"\n\n{what_is_missing(backend)}" for backend in backends)
    )


def what_is_missing(backend: CrmBackend) -> str:
    """What would be created, as far as the last look at the CRM's columns tells."""
    checked = last_check(backend)
    if checked is None:
        return f"{backend.title} was not looked at yet: Check against the CRM tells what it lacks."
    columns = [column for column in backend.load_mapping().column if column.name in checked.missing]
    needed = ", ".join(column.name for column in columns if not column.when_present)
    optional = ", ".join(column.name for column in columns if column.when_present)
    told = "; ".join(filter(None, (needed, f"only where asked for: {optional}" if optional else "")))
    return f"Columns that {backend.title} lacked at the last look: {told or 'none'}."


CHECK = Act(
    "check", "Check against the CRM", "crm.push_crmrecord", check, places(Place.PAGE), icon="fact_check",
    is_main=True,
)  # fmt: skip
PROVISION = Act(
    "provision", "Create what is missing", "crm.provision_crm", provision, places(Place.PAGE), icon="add_circle",
    about=what_is_made, form=ProvisionForm,
)  # fmt: skip


@admin.register(ProvisionedPart)
class MappingAdmin(ReadOnlyModelAdmin):
    """The mapping, and below it each part that Hunter has made in the CRM."""

    navigation = (Entry("Set-up", 20, "Mapping", "account_tree"),)
    nouns = ("part made in the CRM", "parts made in the CRM")
    acts = (CHECK, PROVISION)
    change_list_template = "admin/mapping.html"
    list_display = ("part", "kind", "made_shown", "by_shown")
    ordering = ("-id",)
    empty_title = "Hunter has created nothing in the CRM"
    empty_hint = "Columns that somebody else made there are as good."

    @property
    def list_title(self) -> str:
        return f"Mapping to {titles(chosen_crms())}"

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        """One for each CRM where there are several: their tables are long."""
        backends, shown = chosen_crms(), request.GET.get("crm", "")
        if len(backends) == 1:
            return ()
        of_each = [Tab(one.title, self.address_of(one), active=shown == one.name) for one in backends]
        return (Tab("All", self.list_address, active=not shown), *of_each)

    def address_of(self, backend: CrmBackend) -> str:
        """Where one CRM's mapping stands alone."""
        return f"{self.list_address}?crm={backend.name}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        wanted = request.GET.get("crm")
        mappings = [mapping_context(one) for one in chosen_crms() if wanted in {None, "", one.name}]
        goes_on = any(one.get("provisioning") for one in mappings)  # else what is typed would be lost
        shown = {"mappings": mappings, "refresh_seconds": 5 if goes_on else 0}
        return super().changelist_view(request, shown | (extra_context or {}))

    @admin.display(description="part", ordering="name")
    def part(self, part: ProvisionedPart) -> SafeString | str:
        return part.name if len(chosen_crms()) == 1 else two_lines(part.name, crm_backend(part.crm).title)

    @admin.display(description="made", ordering="id")
    def made_shown(self, part: ProvisionedPart) -> SafeString:
        return ago(part.made_at)

    @admin.display(description="asked by")
    def by_shown(self, part: ProvisionedPart) -> SafeString | str:
        return part.asked_by or NOTHING


def mapping_context(backend: CrmBackend) -> dict[str, Any]:
    """One CRM's mapping as a table with each column's standing, and how far the creation of what is missing is."""
    try:
        mapping = backend.load_mapping()
    except MappingError as error:
        return {"refused": error.message, "crm": backend.title}
    checked = last_check(backend)
    faults = {fault.column: fault for fault in checked.faults} if checked else {}
    return {
        "mapping": mapping,
        "crm": backend.title,
        "name": backend.name,
        "is_on": backend.is_enabled(),
        "how_to_enable": backend.how_to_enable,
        "lines": [line_of(column, checked, faults.get(column.name)) for column in faults_first(mapping.column, faults)],
        "fits": fits_words(checked) if checked else "",
        "off": mapping.off,
        "checked": ago(checked.at) if checked else "",
        "errors": columns_of(faults, Gravity.ERROR),
        "warnings": columns_of(faults, Gravity.WARNING),
        "key_is_active": checked.domain_is_unique if checked else None,
        "preview_url": reverse("admin:crm_preview_of"),
        "provisioning": provisioning_words(backend.provision_kind),
    }


def columns_of(faults: Mapping[str, Fault], gravity: Gravity) -> list[str]:
    return [column for column, fault in faults.items() if fault.gravity is gravity]


def faults_first(columns: Sequence[Column], faults: Mapping[str, Fault]) -> list[Column]:
    """As the mapping has them, but what is wrong before all else."""
    return sorted(columns, key=lambda column: column.name not in faults)


def fits_words(checked: LastCheck) -> str:
    """That nothing is wrong, and what is left out because the CRM has no such column."""
    lacking = len(checked.missing)
    if not lacking:
        return "Every column fits."
    if lacking == 1:
        return "Every column that is there fits; 1 is not there and is left out until it is created."
    return f"Every column that is there fits; {lacking} are not there and are left out until they are created."


def line_of(column: Column, checked: LastCheck | None, fault: Fault | None) -> Line:
    return Line(
        column=column.name,
        title=column.title,
        value=column.value,
        kind=f"{column.kind.value.replace('_', ' ')}{f', {column.length:,}' if column.length else ''}",
        empty=EMPTY[column.empty.value],
        direction=DIRECTIONS[column.direction],
        winner=WINNERS[column.winner],
        state=standing(column, checked, fault),
        words=fault.sentence().partition(": ")[2] if fault else "",
    )


def standing(column: Column, checked: LastCheck | None, fault: Fault | None) -> SafeString:
    if checked is None:
        return badge("not checked", Tone.ASIDE)
    if fault is not None:
        return badge("fails", Tone.FAILED) if fault.gravity is Gravity.ERROR else badge("needs you", Tone.NEEDS_YOU)
    return badge("not there", Tone.ASIDE) if column.name in checked.missing else badge("fits", Tone.GOOD)


def provisioning_words(kind: str) -> str:
    """How the creation of what is missing stands; empty while there is none."""
    problem = ErrorRecord.objects.unsettled().filter(kind=kind).first()
    if problem is not None:
        return problem.message
    goes_on = Item.objects.filter(kind=kind, due_at__isnull=False).exists()
    return "What is missing is being created, one part after the other." if goes_on else ""


def to_the_mapping(error: ErrorRecord) -> Iterable[WayOut]:
    """A CRM that takes a column or its value otherwise than the mapping has it."""
    if error.error_class not in {ErrorKind.CONFIGURATION, ErrorKind.VALIDATION}:
        return
    for backend in chosen_crms():
        if backend.lane.value == error.service:
            yield WayOut("Mapping", list_url("crm_provisionedpart", crm=backend.name), "crm.view_provisionedpart")


sources.append(to_the_mapping)
