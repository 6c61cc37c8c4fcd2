from __future__ import annotations

from typing import Any

from hunter.commands import HunterCommand
from leads.services.resealing import Resealing, reseal_secrets


class Command(HunterCommand):
    help = "Seal tokens, and the targets and secrets of alert channels, with the newest of CREDENTIAL_KEYS."

    def run(self, **options: Any) -> Resealing:
        return reseal_secrets()
