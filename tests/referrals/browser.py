"""A person's browser between Hunter's admin and the sandbox's sign-in page."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import requests
from django.test import Client
from django.urls import reverse

from hunter.sandbox import identities
from tests.waiting import PATIENCE

HOST = "localhost:8000"
ADA, DENIZ = identities.ADA, identities.DENIZ


@dataclass
class Browser:
    """Hunter's side is Django's own client, Microsoft's is real HTTP."""

    client: Client = field(default_factory=Client)

    def begin(self, **more):
        """Press Sign in; the address that Hunter sends the browser to, empty where it stays."""
        answer = self.client.post(reverse("admin:remote_signin_begin"), headers={"host": HOST}, **more)
        assert answer.status_code == 302
        return "" if answer["Location"].startswith("/") else answer["Location"]

    def at_microsoft(self, address, **said):
        """Say something at the sign-in page; what the browser comes back with."""
        answer = requests.post(address, data=said, timeout=PATIENCE, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}" == f"http://{HOST}"
        assert back.path == reverse("admin:remote_signin_callback")
        return dict(parse_qsl(back.query))

    def come_back(self, came):
        return self.client.get(reverse("admin:remote_signin_callback"), came, headers={"host": HOST})

    def sign_in(self, person=ADA):
        """All of it; Hunter's answer to the callback."""
        return self.come_back(self.at_microsoft(self.begin(), person=person.object_id))

    def page(self):
        return self.client.get(reverse("admin:remote_signin_changelist"), headers={"host": HOST}).content.decode()

    def told(self):
        """The messages of the page that the browser lands on."""
        answer = self.client.get(reverse("admin:remote_signin_changelist"), headers={"host": HOST})
        return [str(one) for one in answer.context["messages"]]

    def decide(self, which):
        return self.client.post(reverse("admin:remote_signin_other"), {which: "1"}, headers={"host": HOST})
