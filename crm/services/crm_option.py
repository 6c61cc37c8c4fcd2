"""The option of all commands that speak with CRMs."""

from __future__ import annotations

from django.core.management.base import CommandParser


def add_crm_option(parser: CommandParser) -> None:
    """`--crm NAME`: one CRM in place of all."""
    parser.add_argument(
        "--crm", metavar="NAME", help="only this one of CRM_BACKEND; all that are switched on if omitted"
    )
