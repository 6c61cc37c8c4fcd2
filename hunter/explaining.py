"""Commands that tell what a rule makes of a value, without a database."""

from __future__ import annotations

import json
import math
import sys
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from pydantic import ValidationError

from hunter.commands import NOT_OURS, NOT_STARTED, PlainCommand
from hunter.errors import HunterError

JSON_STARTS = ("{", "[", '"')


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number that JSON has.")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


class ExplainCommand(PlainCommand):
    """One JSON object a line for each value given, in the same order, each with its "input".

    A value that can't be read gives {"input", "error"}.
    """

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "values", nargs="*", help="values; one that begins with { [ or a double quote is read as JSON"
        )
        parser.add_argument("--file", help="a file with one JSON value a line; - for standard input")
        self.configure(parser)

    def configure(self, parser: CommandParser) -> None:
        """Declare the command's own options."""

    @abstractmethod
    def explain(self, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        """What the rule makes of one value. Raises HunterError, ValidationError or ValueError when it can't read it."""

    def handle(self, *args: Any, **options: Any) -> None:
        for name in NOT_OURS:
            options.pop(name, None)
        texts, file = options.pop("values"), options.pop("file")
        if not texts and not file:
            self.stderr.write(
                "Give values as arguments, or --file F with one JSON value a line (- for standard input)."
            )
            sys.exit(NOT_STARTED)

        for text in texts:
            self._print(self._explained(text, is_json=text.lstrip().startswith(JSON_STARTS), options=options))
        for line in self._lines(file):
            self._print(self._explained(line, is_json=True, options=options))

    def _lines(self, file: str | None) -> Iterator[str]:
        if not file:
            return
        try:
            with sys.stdin if file == "-" else Path(file).open(encoding="utf-8-sig") as handle:
                for line in handle:
                    if line.strip():
                        yield line.strip()
        except (OSError, UnicodeDecodeError) as error:
            self.stderr.write(f"{file} can't be read ({error}).")
            sys.exit(NOT_STARTED)

    def _explained(self, text: str, *, is_json: bool, options: dict[str, Any]) -> dict[str, Any]:
        value: Any = text
        try:
            if is_json:
                value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
            return {"input": value} | self.explain(value, **options)
        except HunterError as error:
            told = {"input": value, "error": error.message}
            return told | ({"field": error.field} if error.field else {})
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            return {"input": value, "error": f"{field}: {first['msg']}" if field else first["msg"]}
        except json.JSONDecodeError as error:
            return {"input": text, "error": f"This is not JSON ({error.msg} at character {error.pos + 1})."}
        except (ValueError, RecursionError) as error:
            return {"input": value, "error": str(error)}

    def _print(self, told: dict[str, Any]) -> None:
        text = json.dumps(told, ensure_ascii=False)
        self.stdout.write(text if text.isprintable() else json.dumps(told))  # a lone surrogate has no UTF-8 form
