"""Errors of a mapping file name line, column and key (R4.1)."""

from __future__ import annotations

import pytest

from crm.mapping.loading import MappingError, parse_mapping

HEAD = 'version = 1\ncrm = "dynamics365"\ntable = "lead"\n'
GOOD = '[[column]]\nname = "hnt_provider"\nvalue = "provider"\nkind = "text"\nlength = 100\nempty = "omit"\n'


def test_a_mapping_is_read():
    assert [column.name for column in parse_mapping(HEAD + GOOD, name="v9.toml").column] == ["hnt_provider"]


@pytest.mark.proves("R4.1")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("version = \n", ["v9.toml", "line 1"], id="no TOML at all"),
        pytest.param(HEAD, ["column"], id="no columns"),
        pytest.param(
            HEAD + GOOD.replace('"omit"', '"forget"'), ["line 9", "hnt_provider", "key empty"], id="empty rule"
        ),
        pytest.param(
            HEAD + GOOD.replace('"provider"', '"colour"'), ["line 6", "key value", "colour"], id="no such value"
        ),
        pytest.param(
            HEAD + GOOD + "width = 5\n", ["line 10", "hnt_provider", "key width"], id="a key it does not have"
        ),
        pytest.param(HEAD + GOOD.replace("length = 100\n", ""), ["line 4", "hnt_provider", "length"], id="no length"),
        pytest.param(
            HEAD + GOOD.replace('"omit"', '"default"'), ["hnt_provider", "default"], id="a default that is none"
        ),
        pytest.param(
            HEAD + GOOD + 'winner = "crm"\n', ["hnt_provider", "goes out"], id="a winner of what only goes out"
        ),
        pytest.param(HEAD + GOOD + GOOD, ["hnt_provider", "twice"], id="a column twice"),
        pytest.param(
            HEAD + GOOD.replace('"text"', '"choice"').replace("length = 100\n", ""), ["numbers"], id="no options"
        ),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said_with_its_place(text, told):
    with pytest.raises(MappingError) as raised:
        parse_mapping(text, name="v9.toml")

    assert all(word in raised.value.message for word in told), raised.value.message
    assert "check_crm" in raised.value.message


def test_the_mapping_has_every_column_of_the_domain_document(mapping):
    sent = {column.name for column in mapping.column}
    off = {column.name for column in mapping.off}

    assert len([name for name in sent | off if name.startswith("hnt_")]) == 30
    assert {"hnt_segment", "hnt_m365matchtags", "hnt_huntermlweightjson"} <= off
    assert [column.name for column in mapping.column if column.bookkeeping] == [
        "hnt_d365leadid",
        "hnt_lastsynctime",
        "hnt_syncattemptcount",
        "hnt_processingstatus",
        "hnt_syncerrormessage",
        "hnt_pushstatus",
    ]
