"""What the metadata tells: D39, and how it follows changes of the schema (faults 19, 20)."""

from __future__ import annotations

import pytest

from hunter.sandbox.service import EditRefused
from tests.hunter.sandbox.dataverse.environment import FIRST, refusal

LEAD = f"leads({FIRST})"
TABLE = "EntityDefinitions(LogicalName='lead')"
CRM = "Microsoft.Dynamics.CRM."


def cast(dataverse, kind, options=""):
    answer = dataverse.get(f"{TABLE}/Attributes/{CRM}{kind}AttributeMetadata{options}")
    assert answer.status_code == 200, answer.json
    return {row["LogicalName"]: row for row in answer.json["value"]}


def options_of(dataverse, column):
    path = f"{TABLE}/Attributes(LogicalName='{column}')/{CRM}PicklistAttributeMetadata"
    answer = dataverse.get(
        f"{path}?$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet($select=Options)"
    )
    return {
        option["Label"]["UserLocalizedLabel"]["Label"]: option["Value"]
        for option in answer.json["OptionSet"]["Options"]
    }


def test_d39_the_table_tells_of_itself(dataverse):
    answer = dataverse.get(f"{TABLE}?$select=EntitySetName,PrimaryIdAttribute,IsOptimisticConcurrencyEnabled")

    assert answer.json["EntitySetName"] == "leads"
    assert answer.json["PrimaryIdAttribute"] == "leadid"
    assert answer.json["IsOptimisticConcurrencyEnabled"] is True
    assert set(answer.json) == {
        "@odata.context",
        "EntitySetName",
        "PrimaryIdAttribute",
        "IsOptimisticConcurrencyEnabled",
        "MetadataId",
    }


@pytest.mark.parametrize(("name", "count"), [("lead", 1), ("account", 0)])
def test_d39_tables_can_be_looked_up_by_a_filter(dataverse, name, count):
    answer = dataverse.get(f"EntityDefinitions?$select=EntitySetName&$filter=LogicalName eq '{name}'")

    assert len(answer.json["value"]) == count


@pytest.mark.parametrize(
    ("kind", "column", "expected"),
    [
        ("String", "websiteurl", {"MaxLength": 200, "FormatName": {"Value": "Url"}}),
        ("String", "hnt_domain", {"MaxLength": 100, "IsCustomAttribute": True, "IsValidForUpdate": True}),
        ("Memo", "hnt_intelligencejson", {"MaxLength": 1048576}),
        ("Integer", "hnt_priorityscore", {"MinValue": 1, "MaxValue": 7}),
        ("Decimal", "hnt_confidence", {"MinValue": 0.0, "MaxValue": 4.0, "Precision": 2}),
        ("Money", "revenue", {"Precision": 2}),
        ("Boolean", "followemail", {"DefaultValue": True}),
        ("DateTime", "hnt_lastsynctime", {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}}),
        ("Lookup", "customerid", {"Targets": ["account", "contact"], "AttributeType": "Customer"}),
        ("State", "statecode", {"IsValidForCreate": False}),
        ("Status", "statuscode", {"AttributeType": "Status"}),
        ("UniqueIdentifier", "leadid", {"IsValidForUpdate": False}),
    ],
)
def test_d39_a_cast_tells_what_its_type_has(dataverse, kind, column, expected):
    row = cast(dataverse, kind)[column]

    assert {name: row[name] for name in expected} == expected


def test_d39_sizes_come_only_with_the_cast(dataverse):
    answer = dataverse.get(f"{TABLE}/Attributes?$select=LogicalName,AttributeType,RequiredLevel,AttributeOf")

    rows = {row["LogicalName"]: row for row in answer.json["value"]}
    assert rows["subject"]["@odata.type"] == "#Microsoft.Dynamics.CRM.StringAttributeMetadata"
    assert rows["subject"]["RequiredLevel"]["Value"] == "ApplicationRequired"
    assert rows["leadsourcecodename"]["AttributeOf"] == "leadsourcecode"
    assert "MaxLength" not in rows["subject"]
    assert dataverse.get(f"{TABLE}/Attributes?$select=MaxLength").status_code == 400


@pytest.mark.parametrize(
    ("column", "options"),
    [
        ("leadqualitycode", {"Hot": 1, "Warm": 2, "Cold": 3}),
        ("hnt_segment", {"SMB": 816940000, "MidMarket": 816940001, "Enterprise": 816940002}),
        ("hnt_referraltype", {"co-sell": 816940000, "marketplace": 816940001, "solution-provider": 816940002}),
        ("hnt_pushstatus", {"Synced": 816940000, "Not Synced": 816940001, "Error": 816940002}),
    ],
)
def test_d39_options_come_with_number_and_label(dataverse, column, options):
    assert options_of(dataverse, column) == options


def test_d39_options_come_for_all_choices_at_once(dataverse):
    rows = cast(dataverse, "Picklist", "?$select=LogicalName&$expand=OptionSet($select=Options)")

    assert len(rows["industrycode"]["OptionSet"]["Options"]) == 33
    assert "OptionSet" not in cast(dataverse, "Picklist")["industrycode"]


def test_d39_yes_and_no_have_labels_and_states_their_default_status(dataverse):
    flags = cast(dataverse, "Boolean", "?$expand=OptionSet")
    states = cast(dataverse, "State", "?$expand=OptionSet")

    assert flags["hnt_isreenriched"]["OptionSet"]["TrueOption"]["Label"]["UserLocalizedLabel"]["Label"] == "Yes"
    assert [option["DefaultStatus"] for option in states["statecode"]["OptionSet"]["Options"]] == [1, 3, 4]


@pytest.mark.parametrize(
    ("condition", "columns"),
    [
        ("LogicalName eq 'hnt_domain'", {"hnt_domain"}),
        (f"AttributeType eq {CRM}AttributeTypeCode'State'", {"statecode"}),
        (f"RequiredLevel/Value eq {CRM}AttributeRequiredLevel'ApplicationRequired'", {"subject", "lastname"}),
        (
            "IsCustomAttribute eq true and LogicalName ne 'hnt_domain' and AttributeTypeName/Value eq 'DecimalType'",
            {"hnt_confidence"},
        ),
    ],
)
def test_d39_columns_can_be_filtered(dataverse, condition, columns):
    answer = dataverse.get(f"{TABLE}/Attributes?$select=LogicalName&$filter={condition}")

    assert {row["LogicalName"] for row in answer.json["value"]} == columns


def test_d39_keys_come_with_their_status(dataverse):
    dataverse.edit("set_key_status", status="Failed")
    expected = {"LogicalName": "hnt_domain_key", "KeyAttributes": ["hnt_domain"], "EntityKeyIndexStatus": "Failed"}

    (key,) = dataverse.get(f"{TABLE}/Keys?$select=LogicalName,KeyAttributes,EntityKeyIndexStatus").json["value"]
    (expanded,) = dataverse.get(
        f"{TABLE}?$select=LogicalName&$expand=Keys($select=LogicalName,KeyAttributes,EntityKeyIndexStatus)"
    ).json["Keys"]

    assert {name: key[name] for name in expected} == expected
    assert expanded == key


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("EntityDefinitions(LogicalName='nothing')", 404, id="an unknown table"),
        pytest.param(f"{TABLE}/Attributes(LogicalName='nothing')", 404, id="an unknown column"),
        pytest.param(f"{TABLE}/Attributes?$top=1", 400, id="$top"),
        pytest.param(f"{TABLE}/Attributes?$orderby=LogicalName", 400, id="$orderby"),
        pytest.param(f"{TABLE}/Attributes?$select=Nothing", 400, id="an unknown property"),
        pytest.param(f"{TABLE}/Nothing", 404, id="an unknown part"),
        pytest.param(
            f"{TABLE}/Attributes(LogicalName='subject')/{CRM}MemoAttributeMetadata", 404, id="a cast to another type"
        ),
    ],
)
def test_d39_what_metadata_does_not_have_is_refused(dataverse, path, status):
    assert dataverse.get(path).status_code == status


def test_d39_reading_metadata_needs_its_privilege(dataverse):
    dataverse.switch(missing_privileges=["prvReadAttribute"])

    assert refusal(dataverse.get(f"{TABLE}/Attributes")) == (403, "0x80040220")


@pytest.mark.fault(19)
def test_a_dropped_column_is_unknown_everywhere_and_its_key_goes_with_it(dataverse):
    dataverse.patch(LEAD, {"hnt_domain": "muster.example", "subject": "Muster"})

    dataverse.edit("drop_column", column="hnt_domain")

    assert dataverse.get(f"{TABLE}/Attributes(LogicalName='hnt_domain')").status_code == 404
    assert dataverse.get(f"{TABLE}/Keys").json["value"] == []
    assert refusal(dataverse.patch(LEAD, {"hnt_domain": "x.example"})) == (400, "0x80048D19")
    assert refusal(dataverse.get("leads?$select=hnt_domain")) == (400, "0x80060888")
    assert "hnt_domain" not in dataverse.get(LEAD).json
    assert dataverse.lead()["subject"] == "Muster"


@pytest.mark.fault(20)
def test_lengths_ranges_types_and_options_can_change(dataverse):
    dataverse.patch(LEAD, {"hnt_confidence": 2.5})
    before = cast(dataverse, "String")["hnt_provider"]["MaxLength"]

    dataverse.edit("set_length", column="hnt_provider", length=5)
    dataverse.edit("set_range", column="hnt_finalscore", minimum=0, maximum=10)
    dataverse.edit("set_type", column="hnt_confidence", type="String", length=20)
    dataverse.edit("rename_option", column="hnt_source", value=816940001, label="By hand")
    dataverse.edit("renumber_option", column="hnt_source", value=816940002, to=100000002)
    dataverse.edit("drop_option", column="hnt_source", value=816940003)
    dataverse.edit("add_option", column="hnt_source", value=100000009, label="Webhook")

    assert (before, cast(dataverse, "String")["hnt_provider"]["MaxLength"]) == (100, 5)
    assert cast(dataverse, "String")["hnt_confidence"]["MaxLength"] == 20
    assert options_of(dataverse, "hnt_source") == {
        "Partner Center": 816940000,
        "By hand": 816940001,
        "Import": 100000002,
        "Webhook": 100000009,
    }
    assert refusal(dataverse.patch(LEAD, {"hnt_provider": "Google"})) == (400, "0x80044331")
    assert refusal(dataverse.patch(LEAD, {"hnt_finalscore": 11})) == (400, "0x8004432F")
    assert refusal(dataverse.patch(LEAD, {"hnt_source": 816940003})) == (400, "0x8004431A")
    assert dataverse.lead()["hnt_confidence"] is None


def test_an_optional_column_can_be_added_and_then_takes_values(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster"})

    dataverse.edit("add_column", column="hnt_technicalheat")

    assert dataverse.lead()["hnt_technicalheat"] is None
    assert dataverse.patch(LEAD, {"hnt_technicalheat": 816940000}).status_code == 204
    assert options_of(dataverse, "hnt_technicalheat") == {"Hot": 816940000, "Warm": 816940001, "Cold": 816940002}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"act": "nothing"}, "act", id="an unknown act"),
        pytest.param({}, "act", id="no act"),
        pytest.param({"act": "drop_column"}, "column", id="a member that is missing"),
        pytest.param({"act": "drop_column", "column": "nothing"}, "column", id="an unknown column"),
        pytest.param({"act": "drop_column", "column": "statecode"}, "column", id="a column the platform needs"),
        pytest.param(
            {"act": "set_length", "column": "subject", "length": "long"}, "length", id="a length that is none"
        ),
        pytest.param(
            {"act": "set_length", "column": "hnt_finalscore", "length": 5}, "column", id="a number has no length"
        ),
        pytest.param({"act": "delete", "lead": "nobody.example"}, "lead", id="an unknown lead"),
        pytest.param({"act": "delete", "lead": FIRST, "why": "x"}, "why", id="a member too much"),
        pytest.param({"act": "switch", "switches": {"nothing": 1}}, "switches.nothing", id="an unknown switch"),
        pytest.param({"act": "limit", "limits": {"requests": 0}}, "limits.requests", id="a limit of nothing"),
        pytest.param({"act": "create", "columns": {"hnt_finalscore": 101}}, "columns", id="a value out of range"),
    ],
)
def test_an_edit_that_makes_no_sense_names_the_member(dataverse, change, field):
    with pytest.raises(EditRefused) as refused:
        dataverse.service.edit(change)

    assert refused.value.field == field
