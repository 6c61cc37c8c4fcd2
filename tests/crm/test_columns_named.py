"""Which column a refusal of Dataverse names, so that all leads that it refuses for one are one cause (R5.1, R5.3)."""

from __future__ import annotations

import json
import uuid

import pytest

from crm.dynamics365.answers import read_error
from crm.dynamics365.columns_named import column_named
from hunter.remote.errors import Misconfigured, RemoteError, ValueRefused
from hunter.sandbox.running import running_sandbox
from tests.crm.contract.dynamics365_world import DynamicsWorld

pytestmark = pytest.mark.proves("R5.3")

PAYLOAD = "Error identified in Payload provided by the user for Entity :'leads', For more information on this error"
INVALID = "A validation error occurred.  "


@pytest.fixture(scope="module")
def world():
    with running_sandbox(companies=0, referrals=0) as sandbox:
        yield DynamicsWorld(sandbox)


@pytest.mark.parametrize(
    ("error", "column"),
    [
        pytest.param(
            {"code": "0x80060888", "message": "Could not find a property named 'hnt_x' on type 'Microsoft.Dynamics.CRM.lead'."},
            "hnt_x", id="row 30",
        ),
        pytest.param(
            {"code": "0x80048d19", "message": f"{PAYLOAD} InnerException : Microsoft.OData.ODataException: An undeclared"
             " property 'hnt_score' which only has property annotations"},
            "hnt_score", id="row 31",
        ),
        pytest.param(
            {"code": "0x80048d19", "message": PAYLOAD, "innererror": {"message": "An undeclared property 'hnt_score' was"}},
            "hnt_score", id="row 31, told by the inner error alone",
        ),
        pytest.param(
            {"code": "0x80048d19", "message": "An undeclared property 'ownerid@odata.bind' which"},
            "ownerid", id="row 31, a lookup",
        ),
        pytest.param(
            {"code": "0x0", "message": "An error occurred while validating input parameters: Invalid property 'Name' was"
             " found in entity 'Microsoft.Dynamics.CRM.lead'."},
            "name", id="row 32",
        ),
        pytest.param(
            {"code": "0x80044331", "message": f"{INVALID}The length of the 'subject' attribute of the 'lead' entity exceeded"
             " the maximum allowed length of '300'."},
            "subject", id="row 33",
        ),
        pytest.param(
            {"code": "0x80044330", "message": f"{INVALID}The value 0.5 of 'hnt_share' on record of type 'lead' is outside"},
            "hnt_share", id="row 35",
        ),
        pytest.param(
            {"code": "0x8004431a", "message": f"{INVALID}The value '99' of 'leadsourcecode' on record of type 'lead' is"
             " outside the valid range."},
            "leadsourcecode", id="row 37",
        ),
        pytest.param(
            {"code": "0x80048d19", "message": "Cannot convert the literal 'abc' to the expected type 'Edm.Int32'"},
            "", id="row 31, without a column",
        ),
        pytest.param(
            {"code": "0x80040220", "message": "Principal user (Id=1, type=8) is missing prvCreateLead privilege (Id=2) on"
             " OTC=4 for entity 'lead'"},
            "", id="row 21",
        ),
        pytest.param(
            {"code": "0x80040217", "message": "Entity 'lead' With Id = 0f9a Does Not Exist"}, "", id="row 27",
        ),
    ],
)  # fmt: skip
def test_the_column_is_read_from_its_place_in_the_sentence(error, column):
    said = read_error(400, json.dumps({"error": error}).encode())

    assert column_named(f"Dynamics 365 refused it: {said.message}") == column


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        pytest.param("telephone1", "1" * 500, ValueRefused, id="too long"),
        pytest.param("leadsourcecode", 99, ValueRefused, id="no such option"),
        pytest.param("hnt_nothing", 1, Misconfigured, id="no such column"),
    ],
)
def test_a_refused_write_names_its_column(world, column, value, error):
    with pytest.raises(RemoteError) as refused:
        world.connected().create(str(uuid.uuid4()), {"hnt_domain": "contoso.com", column: value})

    assert (type(refused.value), refused.value.field) == (error, column)
