"""The file that Hunter signs in to Dynamics 365 with, and what is said of one that can't be used (R2.7)."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.checks import run_checks

from crm.dynamics365.certificates import CertificateRefused, read_certificate
from tests.factories.certificates import certificate_pem, key_pem, rsa_key


@pytest.fixture
def file(tmp_path):
    def write(*parts):
        path = tmp_path / "hunter.pem"
        path.write_text("".join(parts))
        return str(path)

    return write


CURVE = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("swapped", [False, True], ids=["key first", "certificate first"])
def test_the_certificate_of_the_key_is_found_among_others(file, swapped):
    own, other = certificate_pem(rsa_key()), certificate_pem(rsa_key("other"))
    parts = [key_pem(rsa_key()), other, own]

    found = read_certificate(file(*(reversed(parts) if swapped else parts)))

    assert found.certificate_pem == own
    assert found.as_credential()["private_key"].startswith("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        pytest.param([key_pem(rsa_key())], "holds no key and certificate", id="no certificate"),
        pytest.param([certificate_pem(rsa_key())], "holds no key and certificate", id="no key"),
        pytest.param(["hunter"], "holds no key and certificate", id="no PEM at all"),
        pytest.param([key_pem(rsa_key()), certificate_pem(rsa_key("other"))], "of another key", id="of another key"),
        pytest.param([key_pem(CURVE), certificate_pem(CURVE)], "of another kind than RSA", id="no RSA"),
        pytest.param(
            [key_pem(rsa_key(), password=b"x"), certificate_pem(rsa_key())], "key with a password", id="a password"
        ),
        pytest.param([key_pem(rsa_key()), certificate_pem(rsa_key(), days=-1)], "ended on", id="ended"),
    ],
)
def test_what_can_not_be_signed_in_with_is_refused_with_the_way_out(file, parts, why):
    with pytest.raises(CertificateRefused, match=re.escape(why)) as refused:
        read_certificate(file(*parts))

    assert refused.value.message.startswith("D365_CLIENT_CERTIFICATE: hunter.pem ")
    assert "PRIVATE" not in refused.value.message


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(CertificateRefused, match=r"nowhere\.pem can't be read"):
        read_certificate("/nowhere.pem")


@pytest.mark.parametrize(("days", "told"), [(90, []), (20, ["dynamics365.W001"]), (-1, ["dynamics365.E001"])])
def test_a_check_warns_a_month_before_it_ends(file, settings, days, told):
    settings.D365_ENABLED = True
    settings.D365_CLIENT_CERTIFICATE = file(key_pem(rsa_key()), certificate_pem(rsa_key(), days=days))

    assert [one.id for one in run_checks() if str(one.id).startswith("dynamics365")] == told
