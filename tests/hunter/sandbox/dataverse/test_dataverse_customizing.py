"""Columns, choices and keys made by API (contract 16.11, D52 to D61)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from tests.hunter.sandbox.dataverse.environment import FIRST, SECOND, refusal

TABLE = "EntityDefinitions(LogicalName='lead')"
ATTRIBUTES, KEYS = f"{TABLE}/Attributes", f"{TABLE}/Keys"
CRM = "Microsoft.Dynamics.CRM."
IN_SOLUTION = {"MSCRM.SolutionUniqueName": "HunterLeads"}
STRONG = {"Consistency": "Strong"}


def label(text, **others):
    labels = [(text, 1033), *((other, int(code.removeprefix("_"))) for code, other in others.items())]
    return {"LocalizedLabels": [{"Label": words, "LanguageCode": code} for words, code in labels]}


def definition(kind, name, **members):
    return {
        "@odata.type": f"{CRM}{kind}AttributeMetadata",
        "SchemaName": name,
        "DisplayName": label(name),
        "RequiredLevel": {"Value": "None"},
        **members,
    }


def text(name="hnt_domain", length=100, **members):
    return definition("String", name, FormatName={"Value": "Text"}, MaxLength=length, **members)


def choice(name, *options):
    rows = [{"Value": value, "Label": label(words)} for value, words in options]
    return definition("Picklist", name, OptionSet={"IsGlobal": False, "Options": rows})


def add_column(dataverse, body, *, solution="HunterLeads"):
    return dataverse.call("POST", ATTRIBUTES, json=body, headers={"MSCRM.SolutionUniqueName": solution})


def add_key(dataverse, name="hnt_domain_key", columns=("hnt_domain",)):
    body = {"SchemaName": name, "KeyAttributes": list(columns)}
    return dataverse.call("POST", KEYS, json=body, headers=IN_SOLUTION)


def key_status(dataverse, name="hnt_domain_key"):
    rows = dataverse.get(KEYS, **STRONG).json["value"]
    return next(row["EntityKeyIndexStatus"] for row in rows if row["LogicalName"] == name)


def cast(dataverse, kind, name, **headers):
    path = f"{ATTRIBUTES}(LogicalName='{name}')/{CRM}{kind}AttributeMetadata"
    expand = "?$expand=OptionSet" if kind in ("Picklist", "Boolean") else ""
    return dataverse.get(path + expand, **headers)


@pytest.fixture
def fresh(dataverse):
    """A customer whom Hunter has never met, with publisher and solution just made."""
    dataverse.edit("without_hunter")
    publisher = dataverse.post(
        "publishers",
        {
            "friendlyname": "Hunter",
            "uniquename": "hunterleads",
            "customizationprefix": "hnt",
            "customizationoptionvalueprefix": 81694,
        },
    )
    guid = publisher.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")
    solution = dataverse.post(
        "solutions",
        {
            "friendlyname": "Hunter lead columns",
            "uniquename": "HunterLeads",
            "version": "1.0.0.0",
            "publisherid@odata.bind": f"/publishers({guid})",
        },
    )
    assert (publisher.status_code, solution.status_code) == (204, 204)
    return dataverse


def test_d52_publisher_and_solution_can_be_read_by_their_names(fresh):
    publisher = fresh.get("publishers?$select=customizationprefix&$filter=uniquename eq 'hunterleads'").json["value"]
    solution = fresh.get("solutions?$select=ismanaged,_publisherid_value&$filter=uniquename eq 'HunterLeads'").json

    assert [row["customizationprefix"] for row in publisher] == ["hnt"]
    assert solution["value"][0]["_publisherid_value"] == publisher[0]["publisherid"]


@pytest.mark.parametrize(
    ("table", "change", "expected"),
    [
        ("publishers", {}, "0x80047010"),
        ("publishers", {"uniquename": "other", "customizationoptionvalueprefix": 9999}, "0x80048402"),
        ("publishers", {"uniquename": "other", "customizationprefix": "mscrmx"}, "0x80060888"),
        ("solutions", {}, "0x8004F023"),
        ("solutions", {"uniquename": "1st"}, "0x8004F002"),
    ],
)
def test_d52_a_name_or_prefix_that_may_not_be_is_refused(fresh, table, change, expected):
    bodies = {
        "publishers": {
            "friendlyname": "Hunter",
            "uniquename": "hunterleads",
            "customizationprefix": "hnt",
            "customizationoptionvalueprefix": 81694,
        },
        "solutions": {
            "friendlyname": "H",
            "uniquename": "HunterLeads",
            "version": "1.0",
            "publisherid@odata.bind": "/publishers(0f9a6c1e-5b0e-5d3c-9a44-7b1f7e3c2d10)",
        },
    }

    assert refusal(fresh.post(table, bodies[table] | change)) == (400, expected)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("String", text("hnt_a", 200), {"MaxLength": 200, "FormatName": {"Value": "Text"}}),
        ("Memo", definition("Memo", "hnt_a", Format="TextArea", MaxLength=4000), {"MaxLength": 4000}),
        ("Integer", definition("Integer", "hnt_a", MinValue=0, MaxValue=100), {"MinValue": 0, "MaxValue": 100}),
        (
            "Decimal",
            definition("Decimal", "hnt_a", MinValue=0.0, MaxValue=4.0, Precision=2),
            {"MinValue": 0.0, "MaxValue": 4.0, "Precision": 2},
        ),
        (
            "DateTime",
            definition("DateTime", "hnt_a", Format="DateAndTime", DateTimeBehavior={"Value": "UserLocal"}),
            {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}},
        ),
    ],
)
def test_d53_a_column_is_there_as_it_was_described(fresh, kind, body, expected):
    answer = add_column(fresh, body)
    shown = cast(fresh, kind, "hnt_a").json

    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert shown["MetadataId"] in answer.headers["OData-EntityId"]
    assert {name: shown[name] for name in expected} == expected
    assert (shown["IsCustomAttribute"], shown["IsManaged"]) == (True, False)


def test_d53_a_choice_has_its_options_and_the_server_numbers_those_without(fresh):
    add_column(fresh, choice("hnt_source", (816940001, "Manual"), (None, "Import")))

    options = cast(fresh, "Picklist", "hnt_source").json["OptionSet"]["Options"]
    assert {one["Value"]: one["Label"]["UserLocalizedLabel"]["Label"] for one in options} == {
        816940001: "Manual",
        816940000: "Import",
    }


def test_d53_a_new_column_can_be_written_selected_and_filtered(fresh):
    fresh.post("leads", {"leadid": SECOND})
    add_column(fresh, text())

    fresh.post("leads", {"leadid": FIRST, "hnt_domain": "a.example"})
    found = fresh.get("leads?$select=hnt_domain&$filter=hnt_domain eq 'a.example'").json["value"]

    assert [row["leadid"] for row in found] == [FIRST]
    assert fresh.lead(SECOND)["hnt_domain"] is None


def test_d53_a_yes_or_no_has_its_two_labels(fresh):
    options = {"TrueOption": {"Value": 1, "Label": label("Yes")}, "FalseOption": {"Value": 0, "Label": label("No")}}
    add_column(fresh, definition("Boolean", "hnt_a", DefaultValue=False, OptionSet=options))

    assert cast(fresh, "Boolean", "hnt_a").json["OptionSet"]["TrueOption"]["Value"] == 1


def test_d54_a_second_column_of_the_name_is_refused_in_any_case_of_letters(fresh):
    fresh.switch(metadata_cache_seconds=30)
    add_column(fresh, text(length=100))

    again = add_column(fresh, text("HNT_Domain", 300))

    assert refusal(again) == (400, "0x80047013")
    assert cast(fresh, "String", "hnt_domain").status_code == 404
    assert cast(fresh, "String", "hnt_domain", **STRONG).json["MaxLength"] == 100


@pytest.mark.parametrize(
    ("body", "solution", "expected"),
    [
        (text("abc_domain"), "HunterLeads", "0x80044366"),
        (text("new_domain"), "HunterLeads", "0x80044366"),
        (text("domain"), "", "0x80044366"),
        (text(), "Nobodys", "0x80060888"),
        (text("hnt_a b"), "HunterLeads", "0x80044364"),
        (text("hnt_" + "a" * 50), "HunterLeads", "0x80044367"),
        (definition("Nonsense", "hnt_a"), "HunterLeads", "0x80048D19"),
        ({**text(), "DisplayName": None}, "HunterLeads", "0x80048D19"),
        (definition("String", "hnt_a"), "HunterLeads", "0x80048D19"),
        (definition("Boolean", "hnt_a", OptionSet={}), "HunterLeads", "0x8004431B"),
        (choice("hnt_a", (1, "A"), (1, "B")), "HunterLeads", "0x80044310"),
        (
            definition("DateTime", "hnt_a", Format="DateAndTime", DateTimeBehavior={"Value": "DateOnly"}),
            "HunterLeads",
            "0x800608A2",
        ),
    ],
)
def test_d55_what_is_described_wrongly_is_not_made(fresh, body, solution, expected):
    before = fresh.get(f"{ATTRIBUTES}?$select=LogicalName").json["value"]

    answer = add_column(fresh, body, solution=solution)

    assert refusal(answer) == (400, expected)
    assert fresh.get(f"{ATTRIBUTES}?$select=LogicalName").json["value"] == before


def test_d55_without_a_solution_any_publisher_s_prefix_will_do(fresh):
    assert add_column(fresh, text("new_a"), solution="").status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "body", "privilege"),
    [
        ("POST", ATTRIBUTES, text("hnt_a"), "prvCreateAttribute"),
        ("PUT", f"{ATTRIBUTES}(LogicalName='hnt_domain')", text(), "prvWriteAttribute"),
        ("POST", KEYS, {"SchemaName": "hnt_k", "KeyAttributes": ["hnt_domain"]}, "prvWriteEntity"),
        ("POST", "PublishXml", {"ParameterXml": "<a/>"}, "prvPublishCustomization"),
        ("POST", "publishers", {}, "prvCreatePublisher"),
    ],
)
def test_d56_who_is_no_customizer_is_told_the_right_that_is_missing(dataverse, method, path, body, privilege):
    dataverse.switch(is_customizer=False)

    answer = dataverse.call(method, path, json=body)

    assert refusal(answer) == (403, "0x80040220")
    assert privilege in answer.json["error"]["message"]
    assert dataverse.get(ATTRIBUTES).status_code == 200
    assert dataverse.post("leads", {"subject": "A"}).status_code == 204


def test_d57_of_two_metadata_writes_at_once_one_is_refused_without_retry_after(fresh):
    fresh.switch(metadata_write_seconds=3)
    answers = []
    writers = [
        threading.Thread(target=lambda name=name: answers.append(add_column(fresh, text(name))))
        for name in ("hnt_a", "hnt_b")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    refused = next(answer for answer in answers if answer.status_code != 204)
    assert sorted(answer.status_code for answer in answers) == [204, 429]
    assert refusal(refused) == (429, "0x80071151")
    assert "Cannot start another [EntityCustomization]" in refused.json["error"]["message"]
    assert "Retry-After" not in refused.headers


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("429", (429, "0x80071151")), ("503", (503, "0x80071151")), ("0x80090412", (429, "0x80090412"))],
)
def test_d57_while_an_import_runs_nobody_else_customizes(fresh, answer, expected):
    fresh.switch(lock_answer=answer)
    fresh.edit("run_import", seconds=60)

    assert refusal(add_column(fresh, text())) == expected
    fresh.clock.advance(timedelta(seconds=61))
    assert add_column(fresh, text()).status_code == 204


def test_d58_the_cache_shows_the_old_state_for_a_while_unless_asked_strongly(fresh):
    fresh.switch(metadata_cache_seconds=30)
    add_column(fresh, text())

    cached, strong = cast(fresh, "String", "hnt_domain"), cast(fresh, "String", "hnt_domain", **STRONG)
    fresh.clock.advance(timedelta(seconds=31))

    assert (cached.status_code, strong.status_code) == (404, 200)
    assert cast(fresh, "String", "hnt_domain").status_code == 200


def test_d58_data_calls_learn_of_a_new_column_some_seconds_later(fresh):
    fresh.switch(data_delay_seconds=5)
    add_column(fresh, text())

    early = fresh.get("leads?$select=hnt_domain"), fresh.post("leads", {"hnt_domain": "a.example"})
    fresh.clock.advance(timedelta(seconds=6))

    assert [answer.status_code for answer in early] == [400, 400]
    assert fresh.get("leads?$select=hnt_domain").status_code == 200


def test_d59_a_key_becomes_active_by_and_by(fresh):
    fresh.switch(key_index_seconds=10)
    add_column(fresh, text())

    answer, seen = add_key(fresh), []
    for _ in range(3):
        seen.append(key_status(fresh))
        fresh.clock.advance(timedelta(seconds=5))

    assert answer.status_code == 204
    assert seen == ["Pending", "InProgress", "Active"]


def test_d59_before_it_is_active_it_neither_protects_nor_finds(fresh):
    fresh.switch(key_index_seconds=10)
    add_column(fresh, text())
    add_key(fresh)

    twice = [fresh.post("leads", {"hnt_domain": "a.example"}).status_code for _ in range(2)]

    assert twice == [204, 204]
    assert fresh.get("leads(hnt_domain='a.example')").status_code == 400


def test_d59_doubled_values_fail_it_until_they_are_repaired(fresh):
    add_column(fresh, text())
    for lead_id, domain in ((FIRST, "a.example"), (SECOND, "A.example")):
        fresh.post("leads", {"leadid": lead_id, "hnt_domain": domain})
    add_key(fresh)
    failed = key_status(fresh)
    again = add_key(fresh)
    fresh.patch(f"leads({SECOND})", {"hnt_domain": None})
    named = {"EntityLogicalName": "lead", "EntityKeyLogicalName": "hnt_domain_key"}
    revived = fresh.post("ReactivateEntityKey", named)

    assert (failed, refusal(again)[1]) == ("Failed", "0x80060893")
    assert (revived.status_code, key_status(fresh)) == (204, "Active")
    assert refusal(fresh.post("ReactivateEntityKey", named)) == (400, "0x80060897")


def test_d59_the_same_columns_under_another_name_are_refused(fresh):
    add_column(fresh, text())
    add_key(fresh)

    assert refusal(add_key(fresh, name="hnt_other_key")) == (400, "0x80060894")


def test_d59_a_key_that_is_deleted_protects_no_more(fresh):
    add_column(fresh, text())
    key_id = add_key(fresh).headers["OData-EntityId"].rpartition("(")[2].rstrip(")")

    assert fresh.delete(f"{KEYS}({key_id})").status_code == 204
    assert [fresh.post("leads", {"hnt_domain": "a.example"}).status_code for _ in range(2)] == [204, 204]


def test_d60_a_put_replaces_the_whole_definition(fresh):
    add_column(fresh, text(Description=label("About")))
    path = f"{ATTRIBUTES}(LogicalName='hnt_domain')"

    answer = fresh.call("PUT", path, json=text(length=200))

    assert answer.status_code == 204
    shown = cast(fresh, "String", "hnt_domain").json
    assert (shown["MaxLength"], shown["Description"]["LocalizedLabels"]) == (200, [])


def test_d60_a_put_can_not_change_the_type_and_a_patch_is_no_method(fresh):
    add_column(fresh, text())
    path = f"{ATTRIBUTES}(LogicalName='hnt_domain')"
    memo = definition("Memo", "hnt_domain", MaxLength=100)

    assert fresh.call("PUT", path, json=memo).status_code == 400
    assert refusal(fresh.patch(path, text())) == (405, "0x80060888")


@pytest.mark.parametrize(("headers", "languages"), [({}, {1033}), ({"MSCRM.MergeLabels": "true"}, {1033, 1055})])
def test_d60_without_merging_the_labels_of_other_languages_vanish(fresh, headers, languages):
    add_column(fresh, {**text(), "DisplayName": label("Domain", _1055="Alan adı")})

    fresh.call("PUT", f"{ATTRIBUTES}(LogicalName='hnt_domain')", json=text(), headers=headers)

    labels = cast(fresh, "String", "hnt_domain").json["DisplayName"]["LocalizedLabels"]
    assert {one["LanguageCode"] for one in labels} == languages


def test_d60_options_are_not_changed_by_a_put_of_their_column(fresh):
    add_column(fresh, choice("hnt_source", (816940000, "Manual")))

    answer = fresh.call("PUT", f"{ATTRIBUTES}(LogicalName='hnt_source')", json=choice("hnt_source", (1, "Other")))

    assert answer.status_code == 204
    options = cast(fresh, "Picklist", "hnt_source").json["OptionSet"]["Options"]
    assert [one["Value"] for one in options] == [816940000]


def test_d60_an_option_is_added_by_its_own_action_and_leads_take_it_at_once(fresh):
    add_column(fresh, choice("hnt_source", (816940000, "Manual")))
    named = {"EntityLogicalName": "lead", "AttributeLogicalName": "hnt_source", "SolutionUniqueName": "HunterLeads"}

    answer = fresh.post("InsertOptionValue", {**named, "Label": label("Webhook")})
    taken = fresh.post("InsertOptionValue", {**named, "Value": 816940000, "Label": label("X")})

    assert (answer.status_code, answer.json["NewOptionValue"]) == (200, 816940001)
    assert refusal(taken) == (400, "0x80044310")
    assert fresh.post("leads", {"hnt_source": 816940001}).status_code == 204


def test_d60_options_can_be_renamed_ordered_and_taken_away(fresh):
    add_column(fresh, choice("hnt_source", (1, "A"), (2, "B")))
    named = {"EntityLogicalName": "lead", "AttributeLogicalName": "hnt_source"}

    fresh.post("UpdateOptionValue", {**named, "Value": 1, "Label": label("Z"), "MergeLabels": True})
    fresh.post("OrderOption", {**named, "Values": [2, 1]})
    ordered = cast(fresh, "Picklist", "hnt_source").json["OptionSet"]["Options"]
    fresh.post("DeleteOptionValue", {**named, "Value": 2})
    left = cast(fresh, "Picklist", "hnt_source").json["OptionSet"]["Options"]

    assert [(one["Value"], one["Label"]["UserLocalizedLabel"]["Label"]) for one in ordered] == [(2, "B"), (1, "Z")]
    assert [one["Value"] for one in left] == [1]


def test_d60_only_choices_take_options(fresh):
    add_column(fresh, text())
    body = {"EntityLogicalName": "lead", "AttributeLogicalName": "hnt_domain", "Label": label("X")}

    assert refusal(fresh.post("InsertOptionValue", body)) == (400, "0x80044320")


def test_d61_publishing_leaves_its_mark_on_the_table(fresh):
    xml = "<importexportxml><entities><entity>lead</entity></entities></importexportxml>"

    answer = fresh.post("PublishXml", {"ParameterXml": xml})

    assert answer.status_code == 204
    assert set(fresh.service.state()["published"]) == {"lead"}


def test_d61_publishing_needs_well_formed_xml_and_the_lock(fresh):
    assert fresh.post("PublishXml", {"ParameterXml": "<importexportxml>"}).status_code == 400
    fresh.edit("run_import", seconds=5)
    assert refusal(fresh.post("PublishXml", {"ParameterXml": "<a/>"})) == (429, "0x80071151")


def test_values_that_occur_twice_can_be_counted(fresh):
    add_column(fresh, text())
    for domain in ("a.example", "A.EXAMPLE", "b.example", None):
        fresh.post("leads", {"hnt_domain": domain})

    answer = fresh.get("leads?$apply=filter(hnt_domain ne null)/groupby((hnt_domain),aggregate($count as n))")

    assert {row["hnt_domain"]: row["n"] for row in answer.json["value"]} == {"a.example": 2, "b.example": 1}


def test_messages_of_the_table_can_be_looked_up(dataverse):
    query = (
        "sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq @m and primaryobjecttypecode eq @t"
    )

    known = dataverse.get(f"{query}&@m='UpsertMultiple'&@t='lead'")
    unknown = dataverse.get(f"{query}&@m='DeleteMultiple'&@t='lead'")

    assert [len(answer.json["value"]) for answer in (known, unknown)] == [1, 0]
