"""Old imports leave their counts and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import CompanyImport, ImportFile, ImportPart, ImportRow, ImportState
from leads.services.import_pruning import prune_imports
from leads.services.imports import prepare_import
from tests.factories.leads import ImportFileFactory
from tests.leads.importing_lists import begun, imported, text_list

pytestmark = pytest.mark.django_db


def pruned(*, days: int = 30) -> None:
    while prune_imports(before=timezone.now() - timedelta(days=days)):
        pass


def grown_old() -> None:
    CompanyImport.objects.update(created_at=timezone.now() - timedelta(days=31))
    ImportFile.objects.update(received_at=timezone.now() - timedelta(days=31))


def test_the_rows_of_an_old_import_go_and_its_counts_stay():
    run = imported(text_list("Acme;acme.com;;", "No;;;"), dry_run=True)
    grown_old()

    pruned()

    run.refresh_from_db()
    assert (run.rows, run.rejected) == (2, 1)
    assert not run.file.kept
    assert not ImportRow.objects.exists()
    assert not ImportPart.objects.exists()


def test_a_young_import_keeps_everything():
    imported(text_list("Acme;acme.com;;"), dry_run=True)

    pruned()

    assert ImportRow.objects.exists()
    assert ImportPart.objects.exists()


def test_an_import_that_runs_keeps_everything_however_old_it_is():
    begun(text_list("Acme;acme.com;;"))
    grown_old()

    pruned()

    assert ImportPart.objects.exists()
    assert CompanyImport.objects.get().state == ImportState.RUNNING


def test_what_nobody_began_and_what_did_not_come_in_whole_goes():
    prepare_import(text_list("Acme;acme.com;;"), name="list.csv")
    ImportFileFactory()
    grown_old()

    pruned()

    assert not CompanyImport.objects.exists()
    assert not ImportFile.objects.exists()
