from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunter.remote.errors import (
    ERROR_CLASSES,
    AuthenticationFailed,
    Conflict,
    Duplicate,
    ErrorKind,
    Misconfigured,
    NotFound,
    PermanentFailure,
    PermissionMissing,
    RateLimited,
    RemoteError,
    TransientFailure,
    ValueRefused,
)
from hunter.remote.statuses import StatusTable

TABLE = StatusTable("toys")


@pytest.mark.proves("R5.4", "R6.4")
@given(status=st.integers(100, 999), code=st.text(max_size=20))
def test_every_status_has_exactly_one_class(status, code):
    assert issubclass(TABLE.error_class(status=status, code=code), RemoteError)


@pytest.mark.proves("R5.2")
@given(status=st.integers(300, 599))
def test_by_status_408_425_429_and_the_5xx_are_tried_again_and_the_rest_is_not(status):
    temporary = {408, 423, 425, 429} | set(range(500, 600)) - {501, 507}

    assert TABLE.error_class(status=status).retryable == (status in temporary)


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (302, Misconfigured), (400, ValueRefused), (401, AuthenticationFailed), (403, PermissionMissing),
        (404, NotFound), (408, TransientFailure), (409, Conflict), (412, Conflict), (418, PermanentFailure),
        (425, TransientFailure), (429, RateLimited), (500, TransientFailure), (503, TransientFailure),
    ],
)  # fmt: skip
def test_the_class_of_a_status(status, error_class):
    assert TABLE.error_class(status=status) is error_class


def test_a_services_code_goes_before_its_status_and_its_status_before_ours():
    table = StatusTable("toys", codes={"toys.twin": Duplicate}, statuses={404: Misconfigured})

    assert table.error_class(status=404, code="Toys.Twin") is Duplicate
    assert table.error_class(status=404, code="else") is Misconfigured
    assert table.error_class(status=403, code="else") is PermissionMissing


@pytest.mark.proves("R5.1", "R5.5")
def test_every_class_of_error_has_a_word_and_a_strategy():
    assert set(ERROR_CLASSES) == set(ErrorKind)
    assert set(ERROR_CLASSES.values()) == set(RemoteError.__subclasses__())
    assert all(error.strategy for error in ERROR_CLASSES.values())
