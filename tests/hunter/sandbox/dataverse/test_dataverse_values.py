"""Which values the table takes, and how they read: D19 to D21, D28, D43 and types of the schema file."""

from __future__ import annotations

import pytest

from hunter.sandbox.dataverse.schema import load_schema
from tests.hunter.sandbox.dataverse.environment import FIRST, refusal

LEAD = f"leads({FIRST})"
CONVERSION = (400, "0x80048D19")
TOO_LONG = (400, "0x80044331")
ANNOTATED = 'odata.include-annotations="*"'


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        pytest.param("subject", "x" * 301, TOO_LONG, id="D19 one character too many"),
        pytest.param("hnt_intelligencejson", "x" * 1_048_577, TOO_LONG, id="D19 a long text too long"),
        pytest.param("mobilephone", "😀" * 11, TOO_LONG, id="D19 lengths count UTF-16 units"),
        pytest.param("leadsourcecode", 99, (400, "0x8004431A"), id="D20 a choice that is not in the set"),
        pytest.param("hnt_source", 0, (400, "0x8004431A"), id="D20 a choice counted from 0"),
        pytest.param("leadsourcecode", "Web", CONVERSION, id="D20 a label for a choice"),
        pytest.param("leadsourcecode", "8", CONVERSION, id="D20 a choice in quotes"),
        pytest.param("hnt_finalscore", 101, (400, "0x8004432F"), id="D20 a whole number out of range"),
        pytest.param("hnt_priorityscore", 0, (400, "0x8004432F"), id="D20 a whole number below its range"),
        pytest.param("hnt_finalscore", 2**31, CONVERSION, id="D20 a number past 32 bits"),
        pytest.param("hnt_finalscore", "71", CONVERSION, id="D20 a number in quotes"),
        pytest.param("hnt_finalscore", 71.5, CONVERSION, id="D20 a fraction for a whole number"),
        pytest.param("hnt_finalscore", True, CONVERSION, id="D20 a yes for a number"),
        pytest.param("hnt_confidence", 4.01, (400, "0x80044330"), id="D20 a decimal out of range"),
        pytest.param("revenue", -1, (400, "0x80044330"), id="D20 an amount out of range"),
        pytest.param("address1_latitude", 91, (400, "0x80044330"), id="D20 a double out of range"),
        pytest.param("hnt_confidence", "3.5", CONVERSION, id="D20 a decimal in quotes"),
        pytest.param("hnt_isreenriched", "true", CONVERSION, id="D20 a yes in quotes"),
        pytest.param("hnt_isreenriched", 1, CONVERSION, id="D20 a number for a yes"),
        pytest.param("subject", 5, CONVERSION, id="D20 a number for a text"),
        pytest.param("subject", ["x"], CONVERSION, id="D20 a list for a text"),
        pytest.param("hnt_lastsynctime", "2026-05-04", CONVERSION, id="D28 a day for a moment"),
        pytest.param("hnt_lastsynctime", "2026-05-04T10:00:00", CONVERSION, id="D28 a moment without its offset"),
        pytest.param("hnt_lastsynctime", "2026-02-30T10:00:00Z", CONVERSION, id="D28 a day that is none"),
        pytest.param(
            "hnt_lastsynctime", "1752-12-31T23:59:59Z", (400, "0x80040239"), id="D28 before SQL Server's calendar"
        ),
        pytest.param("description", "a\x00b", (400, "0x80040278"), id="a control character"),
        pytest.param("Subject", "x", CONVERSION, id="D21 a name in other letters"),
        pytest.param("hnt_nothing", "x", CONVERSION, id="D21 an unknown name"),
        pytest.param("hnt_prioritylabel", "x", CONVERSION, id="an optional column is not there by default"),
    ],
)
def test_a_value_the_column_can_not_hold_refuses_the_whole_write(dataverse, column, value, expected):
    answer = dataverse.patch(LEAD, {"companyname": "Muster", column: value})

    assert refusal(answer) == expected
    assert column in answer.json["error"]["message"] or str(value) in answer.json["error"]["message"]
    assert dataverse.leads == []


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        pytest.param("subject", "x" * 300, "x" * 300, id="D19 the longest text"),
        pytest.param("mobilephone", "😀" * 10, "😀" * 10, id="D19 the longest text in UTF-16 units"),
        pytest.param("hnt_finalscore", 0, 0, id="a score of 0 is a value"),
        pytest.param("hnt_confidence", 3.456, 3.46, id="a decimal is rounded to its places"),
        pytest.param("hnt_confidence", 4, 4.0, id="a whole number for a decimal"),
        pytest.param("hnt_source", 816940003, 816940003, id="a choice of the set"),
        pytest.param("hnt_finalscore", None, None, id="null clears"),
        pytest.param(
            "hnt_lastsynctime", "2026-05-04T12:11:12+02:00", "2026-05-04T10:11:12Z", id="D28 an offset becomes UTC"
        ),
        pytest.param(
            "hnt_lastsynctime", "2026-05-04T10:11:12.987654Z", "2026-05-04T10:11:12Z", id="D28 parts of a second go"
        ),
        pytest.param("hnt_lastsynctime", "2026-05-04T10:11Z", "2026-05-04T10:11:00Z", id="D28 seconds may be left out"),
        pytest.param("description", "a\r\nb\tc", "a\r\nb\tc", id="line ends and tabs are no control characters"),
    ],
)
def test_a_value_reads_as_the_platform_keeps_it(dataverse, column, value, stored):
    assert dataverse.patch(LEAD, {column: value}).status_code == 204

    assert dataverse.get(f"{LEAD}?$select={column}").json[column] == stored


def test_d20_numbers_in_quotes_pass_where_the_environment_is_lenient(dataverse):
    dataverse.switch(number_texts="read")

    dataverse.patch(LEAD, {"hnt_finalscore": "71", "hnt_confidence": "3.5"})

    assert (dataverse.lead()["hnt_finalscore"], dataverse.lead()["hnt_confidence"]) == (71, 3.5)


def test_d21_an_unknown_property_is_named_in_the_inner_error(dataverse):
    error = dataverse.patch(LEAD, {"hnt_nothing": 1}).json["error"]

    assert "'hnt_nothing'" in error["innererror"]["message"]
    assert error["innererror"]["type"] == "Microsoft.Crm.CrmHttpException"


@pytest.mark.parametrize(
    "path", [f"{LEAD}?$select=nothing", "leads?$select=nothing", "leads?$filter=nothing eq 1", "leads?$orderby=nothing"]
)
def test_d21_an_unknown_column_in_a_query_is_named(dataverse, path):
    dataverse.patch(LEAD, {})

    answer = dataverse.get(path)

    assert refusal(answer) == (400, "0x80060888")
    assert (
        answer.json["error"]["message"]
        == "Could not find a property named 'nothing' on type 'Microsoft.Dynamics.CRM.lead'."
    )


def test_d28_a_day_has_no_time(dataverse):
    dataverse.edit("add_column", column={"name": "hnt_day", "type": "DateTime", "label": "Day", "behavior": "DateOnly"})

    refused = dataverse.patch(LEAD, {"hnt_day": "2026-05-04T00:00:00Z"})
    accepted = dataverse.patch(LEAD, {"hnt_day": "2026-05-04"})

    assert refusal(refused) == CONVERSION
    assert (accepted.status_code, dataverse.lead()["hnt_day"]) == (204, "2026-05-04")


def test_d43_values_come_with_what_people_see(dataverse):
    dataverse.patch(
        LEAD,
        {
            "leadsourcecode": 8,
            "hnt_confidence": 3.5,
            "hnt_isreenriched": True,
            "hnt_lastsynctime": "2026-05-04T13:05:00Z",
        },
    )

    shown = dataverse.get(LEAD, Prefer=ANNOTATED).json

    formatted = "OData.Community.Display.V1.FormattedValue"
    assert shown[f"leadsourcecode@{formatted}"] == "Web"
    assert shown[f"hnt_confidence@{formatted}"] == "3.50"
    assert shown[f"hnt_isreenriched@{formatted}"] == "Yes"
    assert shown[f"hnt_lastsynctime@{formatted}"] == "5/4/2026 1:05 PM"
    assert shown[f"statuscode@{formatted}"] == "New"
    assert shown["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "systemuser"
    assert shown[f"_ownerid_value@{formatted}"] == "# hunter"


def test_d43_only_the_annotations_asked_for_come(dataverse):
    dataverse.patch(LEAD, {"leadsourcecode": 8})

    shown = dataverse.get(LEAD, Prefer='odata.include-annotations="Microsoft.Dynamics.CRM.*"').json

    assert {name.partition("@")[2] for name in shown if "@" in name[1:]} == {
        "Microsoft.Dynamics.CRM.lookuplogicalname",
        "Microsoft.Dynamics.CRM.associatednavigationproperty",
    }


def test_d43_errors_come_with_their_details(dataverse):
    error = dataverse.get(LEAD, Prefer=ANNOTATED).json["error"]

    assert error["@Microsoft.PowerApps.CDS.InnerError.Message"] == f"Entity 'lead' With Id = {FIRST} Does Not Exist"
    assert error["@Microsoft.PowerApps.CDS.HelpLink"].endswith("Microsoft.Crm.CrmException%3A80040217&client=platform")


def test_an_amount_has_its_base_amount_and_currency(dataverse):
    dataverse.patch(LEAD, {"revenue": 1000.555})

    lead = dataverse.lead()

    assert (lead["revenue"], lead["revenue_base"]) == (1000.56, 1000.56)
    assert lead["_transactioncurrencyid_value"] is not None


def test_the_schema_has_the_24_own_columns_and_keeps_the_six_optional_ones_back():
    schema = load_schema()

    assert len([column for column in schema.columns.values() if column.is_custom]) == 24
    assert len(schema.optional) == 6
    assert not schema.optional.keys() & schema.columns.keys()
    assert {key.name: key.status for key in schema.keys.values()} == {"hnt_domain_key": "Active"}
