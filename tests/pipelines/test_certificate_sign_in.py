"""Signing in to Dynamics 365 with a certificate, by msal, against the Entra of the sandbox (R2.7; contract 1.2)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import call_command

from crm.registry import crm_backend
from crm.services.checking import check_crm
from crm.services.pushing import push_due
from hunter.remote.errors import Misconfigured
from tests.factories.certificates import certificate_pem, key_pem, rsa_key
from tests.factories.leads import ScannedCompanyFactory

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.proves("R2.7")]


@pytest.fixture
def by_certificate(dynamics, settings, tmp_path):
    """The secret is gone; a certificate is registered and set."""
    pem = certificate_pem(rsa_key())
    path = tmp_path / "hunter.pem"
    path.write_text(key_pem(rsa_key()) + pem)
    dynamics.control.edit("entra", {"certificate": pem, "client_secret": "changed"})
    settings.D365_CLIENT_SECRET, settings.D365_CLIENT_CERTIFICATE = "", str(path)
    return dynamics


def test_leads_are_pushed_with_it(by_certificate):
    ScannedCompanyFactory(domain="contoso.com")

    report = push_due()

    assert (report.created, report.failed) == (1, False)


def test_one_token_is_shared_by_all(by_certificate):
    ScannedCompanyFactory.create_batch(3)
    push_due()
    check_crm(crm_backend())

    calls = [call for call in by_certificate.control.calls("entra") if call["operation"] == "token"]
    assert [call["status"] for call in calls] == [200]


def test_it_goes_before_a_secret_that_is_set_too(by_certificate, settings):
    settings.D365_CLIENT_SECRET = "wrong"

    assert check_crm(crm_backend()).access.user


def test_one_that_is_not_registered_is_said_to_be_so(by_certificate):
    by_certificate.control.edit("entra", {"certificate": certificate_pem(rsa_key("other"))})

    with pytest.raises(Misconfigured, match="the certificate is not registered on the application at Entra"):
        check_crm(crm_backend())


def test_one_that_has_ended_makes_no_call(by_certificate, settings):
    Path(settings.D365_CLIENT_CERTIFICATE).write_text(key_pem(rsa_key()) + certificate_pem(rsa_key(), days=-1))

    with pytest.raises(Misconfigured, match=r"D365_CLIENT_CERTIFICATE: hunter\.pem ended on"):
        check_crm(crm_backend())
    assert not [call for call in by_certificate.control.calls("entra") if call["operation"] == "token"]


@pytest.mark.proves("R4.2")
def test_a_check_before_a_deploy_holds_the_mapping_against_the_live_columns(by_certificate):
    assert [one.id for one in of_crm(run_checks(databases=["default"], include_deployment_checks=True))] == []

    by_certificate.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})
    found = of_crm(run_checks(databases=["default"], include_deployment_checks=True))

    assert [one.id for one in found] == ["crm.E002"]
    assert "column hnt_provider: the CRM has no such column" in found[0].msg


def test_a_check_before_a_deploy_says_when_the_crm_can_not_be_asked(by_certificate, settings):
    settings.ENTRA_URL = "http://127.0.0.1:9"

    found = of_crm(run_checks(databases=["default"], include_deployment_checks=True))

    assert [one.id for one in found] == ["crm.W002"]


def test_every_other_check_asks_nobody(by_certificate):
    before = len(by_certificate.control.calls("dataverse"))

    call_command("check", stdout=io.StringIO(), stderr=io.StringIO())

    assert len(by_certificate.control.calls("dataverse")) == before


def of_crm(found):
    return [one for one in found if str(one.id).startswith("crm.")]
