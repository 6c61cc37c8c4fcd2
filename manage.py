#!/usr/bin/env python
"""The command line of Hunter: `python manage.py help` lists what it can do."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from hunter.errors import HunterError


def main() -> None:
    """Run one management command with Hunter's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hunter.settings")
    try:
        execute_from_command_line(sys.argv)
    except (HunterError, ImproperlyConfigured) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
