"""What must hold before leads are pushed: each mapping can be read, and its CRM has its columns (R4.1, R4.2)."""

from __future__ import annotations

from django.core import checks

from crm.backend import CrmBackend
from crm.mapping.resolving import Gravity
from crm.registry import chosen_crms
from crm.services.checking import check_crm
from hunter.errors import HunterError


@checks.register
def check_mapping_files(**_: object) -> list[checks.CheckMessage]:
    """crm.E001: a mapping that can't be read pushes nothing. Reads the files only."""
    found: list[checks.CheckMessage] = []
    for backend in chosen_crms():
        try:
            backend.load_mapping()
        except HunterError as error:
            hint = "Mend the file, or set the mapping that Hunter comes with, v1."
            found.append(checks.Error(error.message, hint=hint, id="crm.E001"))
    return found


@checks.register(checks.Tags.database, deploy=True)
def check_mappings_against_the_crms(**_: object) -> list[checks.CheckMessage]:
    """crm.E002 and crm.W001: the live columns are other than the mapping says; crm.W002: they could not be asked.

    Calls each CRM that is on, so it is made by `manage.py check --deploy --database default` only.
    """
    return [message for backend in chosen_crms() if backend.is_enabled() for message in _held_against(backend)]


def _held_against(backend: CrmBackend) -> list[checks.CheckMessage]:
    try:
        report = check_crm(backend)
    except HunterError as error:
        words = f"{backend.title} could not be asked for its columns: {error.message}"
        return [checks.Warning(words, hint="`manage.py check_crm` tries it again.", id="crm.W002")]
    return [
        checks.Error(fault.sentence(), id="crm.E002")
        if fault.gravity is Gravity.ERROR
        else checks.Warning(fault.sentence(), id="crm.W001")
        for fault in report.faults
    ]
