"""The receivers of messages: what they take, and what they never got."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from hunter.sandbox.running import RunningSandbox, running_sandbox
from tests.waiting import PATIENCE, until


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(companies=0, referrals=0) as running:
        yield running


@pytest.fixture(autouse=True)
def forget(sandbox: RunningSandbox) -> None:
    sandbox.control.reset(companies=0, referrals=0, seed=1)


def mail_port(sandbox: RunningSandbox) -> int:
    port = urlsplit(sandbox.env["EMAIL_URL"]).port
    assert port is not None
    return port


def arrived(sandbox: RunningSandbox) -> dict[str, int]:
    return {method: len(messages) for method, messages in sandbox.control.state("outgoing").items()}


def test_a_post_is_kept_and_anything_else_is_not(sandbox):
    webhook, slack = f"{sandbox.url}/outgoing/webhook/x", f"{sandbox.url}/outgoing/slack/y"

    answers = [
        requests.post(webhook, data="body", timeout=PATIENCE).status_code,
        requests.post(slack, data="{}", timeout=PATIENCE).text,
        requests.get(webhook, timeout=PATIENCE).status_code,
        requests.post(f"{sandbox.url}/outgoing/nowhere", timeout=PATIENCE).status_code,
    ]

    assert answers == [204, "ok", 405, 404]
    assert arrived(sandbox) == {"webhook": 1, "slack": 1, "email": 0}


def test_a_post_that_ends_in_the_middle_never_arrived(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=PATIENCE) as client:
        client.sendall(b"POST /outgoing/webhook/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        client.shutdown(socket.SHUT_WR)
        answered = client.recv(1000)

    assert answered == b""
    assert arrived(sandbox)["webhook"] == 0
    assert sandbox.control.calls("outgoing") == []


def test_a_mail_is_kept_with_its_dots(sandbox):
    with smtplib.SMTP("127.0.0.1", mail_port(sandbox), timeout=PATIENCE) as client:
        client.sendmail("a@x.example", ["b@y.example"], "Subject: Hello\r\nMessage-ID: <1@x>\r\n\r\n.dots\r\n..\r\n")

    (mail,) = sandbox.control.state("outgoing")["email"]
    assert (mail["from"], mail["to"], mail["subject"], mail["message_id"]) == (
        "a@x.example", ["b@y.example"], "Hello", "<1@x>",
    )  # fmt: skip
    assert mail["text"].split() == [".dots", ".."]


def test_a_mail_that_ends_in_the_middle_never_arrived(sandbox):
    with socket.create_connection(("127.0.0.1", mail_port(sandbox)), timeout=PATIENCE) as client:
        client.sendall(b"MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\nSubject: Hal")
        client.shutdown(socket.SHUT_WR)
        told = b""
        while part := client.recv(1000):
            told += part

    assert b"354" in told
    assert b"taken" not in told
    assert arrived(sandbox)["email"] == 0


@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        pytest.param({"fault": "status", "status": 451}, 0, id="refused for now"),
        pytest.param({"fault": "drop_before"}, 0, id="dropped before it was taken"),
        pytest.param({"fault": "drop_after"}, 1, id="taken, and the answer lost"),
    ],
)
def test_a_mail_meets_the_fault_that_was_asked_for(fault, taken, sandbox):
    sandbox.control.add_fault(service="outgoing", operation="email", times=1, **fault)
    client = smtplib.SMTP("127.0.0.1", mail_port(sandbox), timeout=PATIENCE)

    with pytest.raises(smtplib.SMTPException):
        client.sendmail("a@x.example", ["b@y.example"], "Subject: Hello\r\n\r\nbody\r\n")
    client.close()

    until(lambda: arrived(sandbox)["email"] == taken)
