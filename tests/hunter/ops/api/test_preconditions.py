from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hunter.ops.api.preconditions import VersionRequired, changed_since, etag_of, require_current
from hunter.versioning import StaleVersion
from leads.models import Company

AT = datetime(2026, 5, 5, 9, 11, tzinfo=UTC)
pytestmark = pytest.mark.proves("R3.3")


def company(**changes):
    return Company(
        **{"domain": "contoso.com", "name": "Contoso", "phone": "1", "version": 7, "created_at": AT} | changes
    )


def test_an_etag_is_the_same_as_long_as_nothing_changes():
    assert etag_of(company()) == etag_of(company())


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"version": 8}, id="the version"),
        pytest.param({"name": "Contoso Retail"}, id="a value"),
    ],
)
def test_an_etag_moves_with(changes):
    assert etag_of(company(**changes)) != etag_of(company())


@pytest.mark.parametrize(
    "if_match",
    [
        pytest.param(etag_of(company()), id="the ETag as it was given"),
        pytest.param(f"W/{etag_of(company())}", id="the ETag as a compressing proxy hands it on"),
        pytest.param('"7"', id="the version alone"),
        pytest.param('"6", "7"', id="one of several"),
    ],
)
def test_a_write_goes_on_when_its_version_is_the_newest(if_match):
    require_current(company(), if_match=if_match)


@pytest.mark.parametrize(
    "if_match",
    [
        pytest.param(None, id="nothing"),
        pytest.param("", id="an empty header"),
        pytest.param("*", id="any version: that would cover somebody's change"),
        pytest.param("7", id="a text that is no ETag"),
    ],
)
def test_a_write_must_say_which_version_it_rests_on(if_match):
    with pytest.raises(VersionRequired):
        require_current(company(), if_match=if_match)


def test_a_stale_write_is_told_what_changed_since():
    read = etag_of(company())
    newest = company(name="Contoso Retail", phone="2", version=9)

    with pytest.raises(StaleVersion) as refused:
        require_current(newest, if_match=read)

    assert refused.value.changed == ("name", "phone")
    assert "name, phone" in refused.value.message


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param('"6"', id="without what it rests on"),
        pytest.param('"6.abc"', id="of another release with other columns"),
        pytest.param('"6.***"', id="that nobody gave"),
        pytest.param("", id="that is empty"),
    ],
)
def test_an_etag_that_can_not_tell_names_no_change(tag):
    assert changed_since(tag, company()) == ()
