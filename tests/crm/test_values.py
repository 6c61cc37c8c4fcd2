from __future__ import annotations

import pytest
from pydantic import ValidationError

from crm.mapping.values import faulty_field, read_values


@pytest.mark.proves("R4.4")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("score", "70", id="a number as text"),
        pytest.param("score", 70.5, id="a fraction for a whole number"),
        pytest.param("score", True, id="yes for a number"),
        pytest.param("score", 101, id="a score above 100"),
        pytest.param("priority", 0, id="a priority below 1"),
        pytest.param("name", ["Contoso"], id="a list for a text"),
        pytest.param("name", 5, id="a number for a text"),
        pytest.param("contact_emails", "a@contoso.com", id="a text for a list"),
        pytest.param("contact_emails", [5], id="a number in the contact list"),
        pytest.param("contact", "Anna", id="a text for an object"),
        pytest.param("confidence", "high", id="a word for a decimal"),
        pytest.param("confidence", 4.5, id="a confidence above 4"),
        pytest.param("sources", ["CSV"], id="a source in another spelling"),
        pytest.param("sources", ["fax"], id="a source that Hunter does not have"),
        pytest.param("sync_state", "done", id="a state that Hunter does not have"),
        pytest.param("synced_at", "yesterday", id="a word for a time"),
        pytest.param("sync_attempts", -1, id="a count below 0"),
        pytest.param("domain", "O'Neil.com", id="a quote in the domain"),
        pytest.param("domain", "localhost", id="a domain of one label"),
        pytest.param("domain", "192.168.1.10", id="an address for a domain"),
        pytest.param("domain", "müşteri.com.tr", id="a domain that is not in its ASCII form"),
    ],
)
def test_a_value_of_an_unexpected_type_names_its_field(field, value):
    with pytest.raises(ValidationError) as raised:
        read_values({"domain": "contoso.com", field: value})

    assert faulty_field(raised.value)[0] == field


@pytest.mark.parametrize(
    "known",
    [
        pytest.param({}, id="nothing but the domain"),
        pytest.param({"name": None, "score": None, "sources": None}, id="nulls"),
        pytest.param({"name": "  ", "phone": "", "confidence": ""}, id="empty texts"),
        pytest.param({"favourite": True, "version": 7}, id="keys that no column needs"),
        pytest.param({"confidence": "3.50"}, id="a decimal that keeps its places as text"),
        pytest.param({"contact_emails": ["a@b.com", {"email": "c@d.com"}, {"value": "e@f.com"}, None]}, id="contacts"),
    ],
)
def test_what_the_api_shows_can_be_read(known):
    assert read_values({"domain": "contoso.com"} | known).domain == "contoso.com"
