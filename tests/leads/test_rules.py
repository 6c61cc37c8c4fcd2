"""A rules file that can't be right is refused, with the key that is wrong."""

from __future__ import annotations

import pytest

from leads.rules import RULES_FOLDER, RulesRefused, load_rules, parse_rules

TEXT = (RULES_FOLDER / "v1.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        pytest.param("M365 = 50", 'M365 = "50"', "score.providers.M365", id="points that are a text"),
        pytest.param("M365 = 50", "M365 = 500", "score.providers.M365", id="points beyond a hundred"),
        pytest.param("M365 = 50", "Office = 50", "score.providers.Office", id="a provider that there is not"),
        pytest.param("no_spf = -10", "no_sfp = -10", "score.risks.no_spf", id="a misspelled name"),
        pytest.param("from = 5\nto = 59", "from = 60\nto = 59", "segment.2", id="borders that hold for no score"),
        pytest.param('is = "Skip"', 'is = "Skip"\nto = 39', "", id="a table whose last row does not hold always"),
        pytest.param("is = 7", "is = 8", "priority.10.is", id="a priority beyond seven"),
        pytest.param('P6 = "No-Go / Archive"', "", "", id="a category without a label"),
        pytest.param('version = "1"', "", "version", id="no version"),
    ],
)
def test_a_wrong_rules_file_is_refused_with_its_key(old, new, key):
    assert old in TEXT

    with pytest.raises(RulesRefused) as refused:
        parse_rules(TEXT.replace(old, new, 1), origin="test")

    assert refused.value.field == key
    assert "The rules test are refused" in refused.value.message


def test_a_file_that_is_not_toml_is_refused():
    with pytest.raises(RulesRefused, match="are not TOML"):
        parse_rules("version = ", origin="test")


def test_unknown_rules_name_those_there_are():
    with pytest.raises(RulesRefused, match="one of: v1"):
        load_rules("v99")
