from __future__ import annotations

import pytest

from crm.sync_states import PushFacts, sync_state


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        pytest.param(PushFacts(), None, id="nobody wanted to push it yet"),
        pytest.param(PushFacts(is_due=True), "pending", id="asked for, nothing else known"),
        pytest.param(PushFacts("pending"), "pending", id="a record that was never confirmed"),
        pytest.param(PushFacts("synced"), "synced", id="confirmed"),
        pytest.param(PushFacts("synced", is_due=True), "pending", id="confirmed, and changed since"),
        pytest.param(PushFacts("synced", is_due=True, is_running=True), "in_progress", id="a worker has it"),
        pytest.param(PushFacts("pending", is_due=True, has_failed=True), "error", id="failed, waits for another try"),
        pytest.param(
            PushFacts("pending", has_failed=True, is_running=True), "in_progress", id="failed, tried again now"
        ),
        pytest.param(PushFacts("review"), "error", id="several leads: a person must say which"),
        pytest.param(PushFacts("gone"), "error", id="deleted in the CRM"),
        pytest.param(PushFacts("closed"), "error", id="closed in the CRM"),
    ],
)
def test_a_company_on_its_way_into_the_crm_is_in_the_state(facts, word):
    assert sync_state(facts) == word
