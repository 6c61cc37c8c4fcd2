"""Errors of a mapping file name file, line, column and key (R4.1)."""

from __future__ import annotations

import re

import pytest

from crm.dynamics365.backend import MAPPINGS
from crm.mapping.lines import line_of
from crm.mapping.loading import MappingError, load_mapping, parse_mapping

HEAD = 'version = 1\ncrm = "dynamics365"\ntable = "lead"\n'
GOOD = '[[column]]\nname = "hnt_provider"\nvalue = "provider"\nkind = "text"\nlength = 100\nempty = "omit"\n'
TEXT, CHOICE = 'kind = "text"\nlength = 100', 'kind = "choice"\n'
OFF = '[[off]]\nname = "hnt_provider"\nreason = "not yet"\n'


def test_a_mapping_is_read():
    assert [column.name for column in parse_mapping(HEAD + GOOD, name="v9.toml").column] == ["hnt_provider"]


@pytest.mark.proves("R4.1")
@pytest.mark.parametrize(
    ("old", "new", "line", "key", "reason"),
    [
        pytest.param('"hnt_provider"', '"Provider"', 5, "name", "small letters", id="a name that no column has"),
        pytest.param('"provider"', '"providr"', 6, "value", "perhaps provider is meant", id="a value that Hunter has not"),
        pytest.param('"provider"', '"colour"', 6, "value", "there are domain, name", id="a value like none of Hunter's"),
        pytest.param('"text"', '"string"', 7, "kind", "'string' is not one of 'text', 'lines'", id="an unknown kind"),
        pytest.param("100", '"long"', 8, "length", "'long': input should be a valid integer", id="a word for a number"),
        pytest.param("100", "0", 8, "length", "should be greater than 0", id="a text of no length"),
        pytest.param('"omit"', '"forget"', 9, "empty", "is not one of 'omit', 'clear'", id="an unknown rule for empty"),
        pytest.param('empty = "omit"', "", 4, "empty", "it is missing", id="no rule for empty, by the column's head"),
        pytest.param("length", "lenght", 8, "lenght", "perhaps length is meant", id="a key misspelt"),
        pytest.param("$", "width = 5", 10, "width", "no such key; there are name", id="an unknown key"),
        pytest.param("$", 'transform = "upper"', 10, "transform", "'prefixed' or 'lower'", id="an unknown transform"),
        pytest.param("$", 'direction = "in"', 10, "direction", "is not one of 'out', 'both'", id="an unknown direction"),
        pytest.param("$", 'winner = "me"', 10, "winner", "is not one of 'hunter', 'crm'", id="an unknown winner"),
        pytest.param("$", 'winner = "crm"', 10, "winner", "only goes out", id="a winner of what only goes out"),
        pytest.param("$", 'direction = "both"', 10, "direction", "needs a `winner`", id="both ways without a winner"),
        pytest.param("length = 100", "", 7, "kind", "kind text needs `length`", id="a text without a length"),
        pytest.param('"text"', '"whole"', 8, "length", "nothing for kind whole", id="a number with a length"),
        pytest.param('"omit"', '"default"', 9, "empty", "go together", id="a default that is none"),
        pytest.param("$", "default = [1]", 10, "default", "[1]: input should be", id="a default of the wrong type"),
        pytest.param("$", 'prefix = "x"', 10, "prefix", "go together", id="a prefix without its transform"),
        pytest.param("$", 'transform = "prefixed"', 10, "transform", "go together", id="a transform without its prefix"),
        pytest.param("$", "bookkeeping = true", 6, "value", "`push.` go together", id="bookkeeping of no push"),
        pytest.param('"omit"', '"clear"\nclear_once_sent = true', 10, "clear_once_sent", "goes with", id="cleared twice"),
        pytest.param("$", "labels = { a = 'b' }", 10, "labels", "mean nothing for kind text", id="options of a text"),
        pytest.param("$", GOOD, 11, "name", "stands in the mapping twice", id="a column twice, by the second"),
        pytest.param("$", OFF, 11, "name", "stands in the mapping twice", id="a column that is sent and off"),
        pytest.param("$", OFF.replace("not yet", ""), 12, "reason", "at least 1 character", id="off without a reason"),
        pytest.param(TEXT, CHOICE, 7, "kind", "either `numbers`", id="a choice without options"),
        pytest.param(TEXT, CHOICE + "labels = { a = 'b' }\nnumbers = {}", 7, "kind", "either", id="a choice with both"),
        pytest.param(TEXT, CHOICE + "numbers = { a = 'x' }", 8, "numbers.a", "'x': input should be", id="an option's number"),
        pytest.param(TEXT, CHOICE + "numbers.a = 1\nnumbers.b = 'x'", 9, "numbers.b", "'x'", id="one of several options"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_column_is_said_with_its_place(old, new, line, key, reason):
    text = HEAD + (GOOD + new if old == "$" else GOOD.replace(old, new))

    with pytest.raises(MappingError) as raised:
        parse_mapping(text, name="v9.toml")

    place, _, told = raised.value.message.partition(": ")
    assert place.startswith(f"Mapping v9.toml, line {line}, column ")
    assert place.endswith(f"rovider, key {key}")
    assert reason in told
    assert told.endswith("Mend the file; `manage.py check_crm` holds it against the CRM.")


@pytest.mark.proves("R4.1")
@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        pytest.param(HEAD + "a = b\n" + GOOD, "line 4, 'a = b'", "no TOML, Invalid value", id="no TOML"),
        pytest.param(HEAD + "a = '''\n" + GOOD, "line 4, \"a = '''\"", "no TOML", id="a text without an end"),
        pytest.param(HEAD + "crm = 'x'\n", "line 4, \"crm = 'x'\"", "this key stands there twice", id="a key twice"),
        pytest.param("# mine\n" + HEAD + "tabel = ''\n" + GOOD, "line 5, key tabel", "table is meant", id="a key misspelt"),
        pytest.param("\n" + HEAD.replace("1", "0") + GOOD, "line 2, key version", "equal to 1", id="version 0"),
        pytest.param(HEAD.replace("version = 1", "") + GOOD, "line 1, key version", "it is missing", id="no version"),
        pytest.param(HEAD, "line 1, key column", "it is missing", id="no columns"),
        pytest.param(HEAD + "column = []\n", "line 4, key column", "one [[column]] at least", id="an empty list of them"),
        pytest.param(HEAD + GOOD.replace("[[column]]", "[column]"), "line 4, key column", "[[column]]", id="one bracket"),
        pytest.param(HEAD + "[[column]]\n", "line 4, column number 1, key name", "it is missing", id="a column unnamed"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_mapping_is_said_with_its_place(text, place, reason):
    with pytest.raises(MappingError) as raised:
        parse_mapping(text, name="v9.toml")

    told, _, why = raised.value.message.partition(": ")
    assert told == f"Mapping v9.toml, {place}"
    assert reason in why


def test_only_the_first_of_several_faults_is_told_in_full():
    text = HEAD.replace("1", "0") + GOOD.replace("100", "0").replace('"omit"', '"forget"')

    with pytest.raises(MappingError, match=r"line 1, key version: .* 2 more must be mended in it\.$"):
        parse_mapping(text, name="v9.toml")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param(("version",), 2, id="a key below a remark"),
        pytest.param(("note",), 4, id="a text over several lines, by its first"),
        pytest.param(("off", 0), 9, id="a table; what looks like one inside a text is none"),
        pytest.param(("off", 0, "names", 1), 10, id="an entry of a list over several lines, by the list"),
        pytest.param(("off", 1, "numbers", "a", "b"), 16, id="a dotted key of a table below a table"),
        pytest.param(("off", 1), 14, id="a quoted head"),
        pytest.param(("off", 1, "reason"), 14, id="what is missing, by its table"),
        pytest.param(("on", 1), 1, id="a table that is missing, by the file"),
    ],
)
def test_a_key_is_found_on_its_line(path, line):
    text = """# of its own
version = 1

note = '''
[[off]]
version = 2
'''

[[off]]
names = [
  "a",
  "b",
]
[["off"]]
[off.numbers]
a.b = 1
"""

    assert line_of(text, path) == line


def test_the_settings_name_a_file_that_is_there_and_can_be_read(tmp_path):
    latin = tmp_path / "v9.toml"
    latin.write_bytes(f"{HEAD}# M\u00fcnchen".encode("latin-1"))

    for path, told in [
        (tmp_path / "v8.toml", f"There is no mapping v8.toml in {tmp_path}"),
        (tmp_path, f"Mapping {tmp_path} can't be read: Is a directory"),
        (latin, f"Mapping {latin}, line 4: this is not UTF-8"),
    ]:
        with pytest.raises(MappingError, match=re.escape(told)):
            load_mapping(path, crm="dynamics365")


def test_a_mapping_of_another_crm_is_refused():
    with pytest.raises(
        MappingError, match=r"Mapping crm/dynamics365/mappings/v1.toml, line \d+, key crm: .* for hubspot"
    ):
        load_mapping(MAPPINGS / "v1.toml", crm="hubspot")


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


def test_a_column_of_a_second_record_is_refused_where_leads_are_one_record(tmp_path):
    path = tmp_path / "v9.toml"
    path.write_text(HEAD + GOOD.replace("hnt_provider", "contact.phone"), encoding="utf-8")

    with pytest.raises(MappingError, match=r"column contact\.phone, key name: .* no column's name in dynamics365"):
        load_mapping(path, crm="dynamics365")
