"""`$batch`: many requests in one, run in their order; a change set is done whole or not at all (contract 8.1, D36)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from werkzeug import Response

from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_request
from hunter.sandbox.dataverse.multipart import (
    Inner,
    Part,
    batch_answer,
    boundary_of,
    change_set_part,
    http_part,
    read_parts,
    read_request,
)
from hunter.sandbox.dataverse.records import LeadStore

MOST_OPERATIONS = 1000
CHANGE_SET = "multipart/mixed"
REFERENCE = re.compile(r"(?<![\w$])/?\$(\d+)\b")

Run = Callable[[Inner], Response]
Operations = Inner | list[Inner]


@dataclass
class Batch:
    """Runs the operations of one batch against one environment. The caller holds the lock."""

    store: LeadStore
    run: Run
    continues_on_error: bool

    def answer(self, body: bytes, *, content_type: str) -> Response:
        """Raises DataverseError when the batch as a whole can't be read; nothing was executed then."""
        steps = [_read_step(part) for part in read_parts(body, boundary_of(content_type))]
        if sum(1 if isinstance(step, Inner) else len(step) for step in steps) > MOST_OPERATIONS:
            raise bad_request(f"The number of operations in the batch exceeds the limit of {MOST_OPERATIONS}.")
        parts: list[bytes] = []
        for step in steps:
            part, status = self._single(step) if isinstance(step, Inner) else self._change_set(step)
            parts.append(part)
            if status >= 400 and not self.continues_on_error:
                return batch_answer(parts, status=status)
        return batch_answer(parts, status=200)

    def _single(self, inner: Inner) -> tuple[bytes, int]:
        answer = self.run(inner)
        return http_part(answer), answer.status_code

    def _change_set(self, operations: Sequence[Inner]) -> tuple[bytes, int]:
        """All answers, or the one of the operation that failed and for which everything was undone."""
        before, created, parts = self.store.snapshot(), dict[str, str](), list[bytes]()
        for inner in operations:
            answer = self.run(_resolved(inner, created))
            if answer.status_code >= 400:
                self.store.restore(before)
                return http_part(answer), answer.status_code
            parts.append(http_part(answer, content_id=inner.content_id))
            created[inner.content_id] = answer.headers.get("OData-EntityId", "")
        return change_set_part(parts), 200


def _read_step(part: Part) -> Operations:
    if part.media_type != CHANGE_SET:
        return read_request(part)
    operations = [read_request(inner) for inner in read_parts(part.content, boundary_of(part.headers["content-type"]))]
    for inner in operations:
        if inner.method == "GET":
            raise bad_request("A change set may not hold a GET request.")
        if not inner.content_id:
            raise bad_request("Content-ID is required for each operation of a change set.")
    return operations


def _resolved(inner: Inner, created: dict[str, str]) -> Inner:
    """The operation with each `$1` in place of what the operation of that Content-ID has created."""

    def address(found: re.Match[str]) -> str:
        if not created.get(found[1]):
            raise DataverseError(
                Refusal.BAD_REQUEST, f"Content-ID Reference: '${found[1]}' does not exist in the batch context."
            )
        return created[found[1]]

    body = re.sub(r'"/?\$(\d+)"', lambda found: f'"{address(found)}"', inner.body.decode("utf-8", "replace"))
    return replace(inner, url=REFERENCE.sub(address, inner.url, count=1), body=body.encode())
