"""Who wins when both sides changed a column (f.7, R4.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.mapping.columns import Winner
from crm.mapping.merge import Base, Ours, Taken, Undecided, Why, merge, same, with_taken
from tests.crm.conftest import NOW

SEEN = {"telephone1": "1", "hnt_provider": "Local"}


def merged(theirs, *, own, winner, confirmed=None, sent=(), seen=SEEN, ours_at=None):
    column = next(iter(theirs))
    ours = Ours(own, {column: winner}, {column: ours_at} if ours_at else {})
    return merge(theirs, Base(seen, sent, SEEN if confirmed is None else confirmed), ours, changed_at=NOW)


@pytest.mark.proves("R4.7")
@pytest.mark.parametrize(
    ("theirs", "own", "winner", "taken"),
    [
        pytest.param("1", "1", Winner.NEWER, False, id="nobody changed it"),
        pytest.param("1", "2", Winner.NEWER, False, id="only Hunter changed it"),
        pytest.param("3", "1", Winner.NEWER, True, id="only the CRM changed it"),
        pytest.param("3", "2", Winner.NEWER, True, id="both, times unknown: the CRM"),
        pytest.param("3", "2", Winner.CRM, True, id="both, and the CRM's is the stated winner"),
        pytest.param("3", "2", Winner.HUNTER, False, id="both, and Hunter is the stated winner"),
        pytest.param(None, "1", Winner.NEWER, True, id="emptied there"),
        pytest.param("", "1", Winner.CRM, True, id="an empty text is no value"),
    ],
)
def test_the_winner_of_a_column(theirs, own, winner, taken):
    result = merged({"telephone1": theirs}, own={"telephone1": own}, winner=winner)

    assert ("telephone1" in result.taken) is taken


@pytest.mark.proves("R4.7")
@pytest.mark.parametrize(
    ("theirs", "own", "confirmed", "waits"),
    [
        pytest.param("3", "2", None, True, id="both changed it"),
        pytest.param("2", "2", None, False, id="both, to the same"),
        pytest.param("3", "1", None, False, id="only the CRM: taken"),
        pytest.param("3", "2", {}, True, id="an adopted lead had another value"),
        pytest.param("3", None, {}, False, id="an adopted lead had one, Hunter has none"),
    ],
)
def test_a_person_decides_only_where_both_sides_changed_a_column(theirs, own, confirmed, waits):
    result = merged({"telephone1": theirs}, own={"telephone1": own}, winner=Winner.HAND, confirmed=confirmed)

    assert ("telephone1" in result.undecided) is waits
    assert ("telephone1" in result.taken) is not waits


def test_what_waits_for_a_person_goes_on_to_wait_with_the_crms_newest_value():
    ours = Ours({"telephone1": "2"}, {"telephone1": Winner.HAND}, undecided={"telephone1": Undecided("2", "3")})

    result = merge({"telephone1": "4"}, Base({"telephone1": "3"}, (), {"telephone1": "3"}), ours, changed_at=NOW)

    assert result.undecided["telephone1"] == Undecided("2", "4")


@pytest.mark.parametrize(
    ("minutes_later", "taken"),
    [
        pytest.param(5, False, id="Hunter's change is newer"),
        pytest.param(-5, True, id="the CRM's change is newer"),
        pytest.param(0.5, True, id="within a minute: the CRM"),
    ],
)
def test_the_newer_change_wins_where_both_times_are_known(minutes_later, taken):
    ours_at = NOW + timedelta(minutes=minutes_later)

    result = merged({"telephone1": "3"}, own={"telephone1": "2"}, winner=Winner.NEWER, ours_at=ours_at)

    assert ("telephone1" in result.taken) is taken


@pytest.mark.parametrize(
    ("own", "minutes_later", "why"),
    [
        pytest.param("1", None, Why.ONLY_THERE, id="Hunter's is as it was"),
        pytest.param("2", None, Why.TIME_UNKNOWN, id="nobody knows when Hunter's changed"),
        pytest.param("2", -5, Why.LATER_THERE, id="later there"),
        pytest.param("2", 0.5, Why.SAME_MOMENT, id="within a minute"),
    ],
)
def test_why_the_value_of_the_crm_holds_is_kept(own, minutes_later, why):
    ours_at = None if minutes_later is None else NOW + timedelta(minutes=minutes_later)

    result = merged({"telephone1": "3"}, own={"telephone1": own}, winner=Winner.NEWER, ours_at=ours_at)

    assert result.taken["telephone1"].why is why


def test_a_value_that_stands_in_for_hunters_is_no_change_of_hunters():
    ours = Ours(
        {"telephone1": "1"},
        {"telephone1": Winner.NEWER},
        {"telephone1": NOW + timedelta(hours=1)},
        {"telephone1": Taken("3", over="1", winner=Winner.NEWER)},
    )

    result = merge({"telephone1": "4"}, Base({"telephone1": "3"}, (), {"telephone1": "3"}), ours, changed_at=NOW)

    assert (result.taken["telephone1"].value, result.taken["telephone1"].why) == ("4", Why.ONLY_THERE)


def test_a_value_that_we_may_have_written_is_no_change_of_the_crm():
    result = merged({"telephone1": "2"}, own={"telephone1": "3"}, winner=Winner.NEWER, sent=[{"telephone1": "2"}])

    assert result.taken == {}


def test_a_column_that_hunter_wins_and_the_crm_changed_is_disputed():
    result = merged({"hnt_provider": "Mine"}, own={"hnt_provider": "Local"}, winner=Winner.HUNTER)

    assert result.disputed == ("hnt_provider",)


def test_what_an_adopted_lead_had_is_kept_where_the_crm_may_win():
    result = merged({"telephone1": "3"}, own={"telephone1": "2"}, winner=Winner.NEWER, seen=None, confirmed={})

    assert result.taken["telephone1"].value == "3"


@pytest.mark.parametrize(
    ("winner", "own", "value"),
    [
        pytest.param(Winner.NEWER, "1", "3", id="Hunter's value is what it was: the CRM's holds"),
        pytest.param(Winner.NEWER, "2", "2", id="Hunter's changed since: it is newer"),
        pytest.param(Winner.CRM, "2", "3", id="the CRM wins whatever Hunter has"),
        pytest.param(Winner.HUNTER, "1", "1", id="a person set Hunter's name since"),
    ],
)
def test_how_long_a_value_of_the_crm_stands_in(winner, own, value):
    taken = {"telephone1": Taken("3", over="1", winner=Winner.NEWER)}

    assert with_taken({"telephone1": own}, taken, {"telephone1": winner})["telephone1"] == value


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param("", None, True, id="an empty text and no value"),
        pytest.param(3, 3.0, True, id="a whole number and the same decimal"),
        pytest.param(False, None, False, id="no and no value"),
        pytest.param(True, 1, False, id="yes and one"),
        pytest.param("a", "A", False, id="another case"),
    ],
)
def test_what_is_equal_for_the_crm(one, other, equal):
    assert same(one, other) is equal
