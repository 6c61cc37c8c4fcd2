"""A CRM that has never met Hunter is made ready for it, once (R4.2; contract 16.5, 16.6)."""

from __future__ import annotations

import json

import pytest

from crm.management.commands.provision_crm import Command
from crm.mapping.provisioning import wanted_columns
from crm.models import ProvisionedPart
from crm.registry import crm_backend
from crm.services.checking import check_crm
from crm.services.columns import forget_columns
from crm.services.provisioning import provision_crm
from crm.services.pushing import push_due
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane
from hunter.work.models import ErrorRecord
from tests.factories.leads import ScannedCompanyFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proves("R4.2")]


@pytest.fixture
def bare(dynamics):
    """An environment without anything of Hunter's."""
    dynamics.control.edit("dataverse", {"act": "without_hunter"})
    forget_columns()
    return dynamics


def provisioned(**wishes):
    return provision_crm(crm_backend(), **({"with_optional": False, "dry_run": False} | wishes))


def definitions_written(sandbox):
    return [call for call in sandbox.control.calls("dataverse") if call["operation"] == "customize"]


def test_everything_that_the_mapping_needs_is_made_and_the_check_finds_nothing(bare):
    report = provisioned()

    faults = check_crm(crm_backend())
    assert not report.failed, report.trouble
    assert report.created == report.missing
    assert {"hunterleads", "HunterLeads", "hnt_domain", "hnt_intelligencejson", "hnt_domain_key"} <= set(report.created)
    assert (faults.faults, faults.domain_is_unique) == ((), True)


def test_a_second_run_makes_no_write_at_all(bare):
    provisioned()
    before = len(definitions_written(bare))

    report = provisioned()

    assert (report.missing, report.created, report.failed) == ((), (), False)
    assert len(definitions_written(bare)) == before


def test_what_is_made_lies_in_hunters_own_solution_and_is_written_down(bare):
    provisioned()

    held = bare.control.state("dataverse")["solutions"]["hunterleads"]
    columns = {f"column:{column.name}" for column in wanted_columns(crm_backend().load_mapping())}
    assert set(held) == columns | {"key:hnt_domain_key"}
    assert set(ProvisionedPart.objects.filter(kind="column").values_list("name", flat=True)) == {
        name.removeprefix("column:") for name in columns
    }
    assert not ProvisionedPart.objects.filter(remote_id="").exists()


def test_a_dry_run_says_what_is_missing_and_makes_nothing(bare):
    report = provisioned(dry_run=True)

    assert "hnt_domain" in report.missing
    assert report.created == ()
    assert definitions_written(bare) == []


def test_the_optional_columns_are_made_only_when_asked_for(bare):
    plain, wide = provisioned(), provisioned(with_optional=True)

    assert "hnt_prioritycategory" not in plain.created
    assert set(wide.created) == {
        "hnt_prioritycategory",
        "hnt_prioritylabel",
        "hnt_technicalheat",
        "hnt_commercialsegment",
        "hnt_commercialheat",
        "hnt_ispartnercenterreferral",
    }


def test_only_what_is_missing_is_made_and_what_is_there_stays(dynamics):
    dynamics.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})
    dynamics.control.edit("dataverse", {"act": "set_length", "column": "hnt_tenantid", "length": 40})

    report = provisioned()

    assert report.created == ("hnt_provider",)
    assert [fault.column for fault in check_crm(crm_backend()).faults] == ["hnt_tenantid"]


@pytest.mark.proves("R1.1")
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_lost_answer_makes_no_part_twice(bare, fault):
    bare.control.add_fault(service="dataverse", operation="customize", fault=fault, times=1)

    report = provisioned()

    made = [call for call in definitions_written(bare) if call["status"] == 204]
    assert not report.failed
    assert check_crm(crm_backend()).faults == ()
    assert len(made) + (1 if fault == "drop_after" else 0) == len(report.missing)


@pytest.mark.proves("R5.4")
def test_the_lock_of_another_customization_is_waited_for_and_pauses_nobody(bare):
    bare.control.edit("dataverse", {"act": "run_import", "seconds": 2})

    report = provisioned()

    assert not report.failed
    assert Lane.objects.get(name=LaneName.DYNAMICS365).paused_until is None


def test_without_the_right_it_stops_and_names_the_privilege(bare):
    bare.control.edit("dataverse", {"act": "switch", "switches": {"is_customizer": False}})

    report = provisioned()

    assert report.created == ()
    assert "prvCreatePublisher" in report.trouble
    problem = ErrorRecord.objects.get(kind=crm_backend().provision_kind)
    assert problem.error_class == "permission"


def test_a_doubled_domain_stops_the_key_alone_and_is_named(bare):
    bare.control.edit("dataverse", {"act": "add_column", "column": domain_column()})
    for _ in range(2):
        bare.control.edit("dataverse", {"act": "create", "columns": {"subject": "A", "hnt_domain": "twice.example"}})

    report = provisioned()

    assert "twice.example" in report.trouble
    assert "hnt_domain_key" not in report.created
    assert check_crm(crm_backend()).faults == ()


def test_a_repaired_key_is_built_again(bare):
    test_a_doubled_domain_stops_the_key_alone_and_is_named(bare)
    bare.control.edit("dataverse", {"act": "delete", "lead": "twice.example"})

    report = provisioned()

    assert report.created == ("hnt_domain_key",)
    assert check_crm(crm_backend()).domain_is_unique


def test_columns_that_data_calls_learn_of_late_are_waited_for(bare):
    bare.control.edit(
        "dataverse", {"act": "switch", "switches": {"data_delay_seconds": 2, "metadata_cache_seconds": 30}}
    )

    assert not provisioned().failed


@pytest.mark.proves("R4.5")
def test_a_column_that_is_missing_stops_pushes_and_not_what_mends_it(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    dynamics.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})
    forget_columns()

    report = provisioned()
    pushed = push_due()

    assert report.created == ("hnt_provider",)
    assert pushed.created == 1


def test_the_command_tells_its_promised_figures(bare, capsys):
    Command().handle(json=True, dry_run=False, with_optional=False, crm=None)

    assert {"missing", "created", "failed"} <= set(json.loads(capsys.readouterr().out))


def domain_column():
    return {"name": "hnt_domain", "type": "String", "label": "Domain", "max_length": 100, "custom": True}
