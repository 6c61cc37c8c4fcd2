"""Tasks, models and pages know a CRM by its interface, never by name (R8.2)."""

from __future__ import annotations

import re

import pytest

from crm.registry import crm_backend, known_crms
from hunter.errors import HunterError
from hunter.work.policies import POLICIES
from tests.test_house import PRODUCT_FILES, ROOT

# Examples in the documents of the API name one, as they name a company.
MAY_NAME_ONE = {"crm/api/examples.py"}


def words_of(name: str) -> tuple[str, ...]:
    """Its name, its title, and how its settings begin."""
    settings = re.search(r"([A-Z0-9]+_)ENABLED", crm_backend(name).how_to_enable)
    assert settings
    return name, crm_backend(name).title, settings[1]


@pytest.mark.proves("R8.2")
@pytest.mark.parametrize("name", known_crms())
def test_only_its_own_folder_names_a_crm(name):
    named = re.compile("|".join(words_of(name)), re.IGNORECASE)
    apps = ("crm/", "leads/", "referrals/", "hunter/templates/", "hunter/ops/admin/")
    pages = list(ROOT.glob("hunter/templates/**/*.html"))

    sinners = [
        str(path.relative_to(ROOT))
        for path in [*PRODUCT_FILES, *pages]
        if (told := str(path.relative_to(ROOT))).startswith(apps)
        and told not in MAY_NAME_ONE
        and not told.startswith(tuple(f"crm/{crm}/" for crm in known_crms()))
        and named.search(path.read_text())
    ]

    assert sinners == []


@pytest.mark.proves("R8.2")
@pytest.mark.parametrize("name", known_crms())
def test_a_crms_backend_is_whole(name):
    backend = crm_backend(name)

    assert backend.name == name == backend.load_mapping().crm
    assert {backend.push_kind, backend.pull_kind, backend.provision_kind} <= set(POLICIES)
    assert backend.touch in {column.name for column in backend.load_mapping().column}


def test_a_crm_that_hunter_does_not_know_is_told_with_those_that_it_does():
    with pytest.raises(HunterError, match="it knows dynamics365, hubspot"):
        crm_backend("siebel")
