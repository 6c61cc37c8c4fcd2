"""What must hold before leads are pushed: the mapping can be read, and the CRM has its columns (R4.1, R4.2)."""

from __future__ import annotations

from django.core import checks

from crm.mapping.resolving import Gravity
from crm.registry import crm_backend
from crm.services.checking import check_crm
from hunter.errors import HunterError


@checks.register
def check_mapping_file(**_: object) -> list[checks.CheckMessage]:
    """crm.E001: a mapping that can't be read pushes nothing. Reads the file only."""
    try:
        crm_backend().load_mapping()
    except HunterError as error:
        hint = "Mend the file, or set D365_MAPPING to the mapping that Hunter comes with, v1."
        return [checks.Error(error.message, hint=hint, id="crm.E001")]
    return []


@checks.register(checks.Tags.database, deploy=True)
def check_mapping_against_the_crm(**_: object) -> list[checks.CheckMessage]:
    """crm.E002 and crm.W001: the live columns are other than the mapping says; crm.W002: they could not be asked.

    Calls the CRM, so it is made by `manage.py check --deploy --database default` only, where the CRM is on.
    """
    backend = crm_backend()
    if not backend.is_enabled():
        return []
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
