"""Reading XML of unknown origin piece by piece: no entities, no document types, no tree in memory."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Protocol
from xml.parsers import expat

from leads.importing.refusals import FileRefused, damaged, no_workbook, with_password

PIECE = 64 * 1024
# Of one text: the parser gives up to a whole piece of the file at once, and a cell holds 32,767 characters.
MOST_PIECES = 200


class Listener(Protocol):
    """Told of each element by its local name, and of every text."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None: ...

    def text(self, text: str) -> None: ...

    def end(self, name: str) -> None: ...


def listened(part: IO[bytes], listener: Listener) -> Iterator[None]:
    """Tell the listener of one piece of the part after the other; yields after each. Raises FileRefused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.CharacterDataHandler = listener.text

    def begin(name: str, attributes: dict[str, str]) -> None:
        """The root tells whether names have prefixes; most writers use none, and then no name is looked at twice."""
        prefixed = ":" in name
        parser.StartElementHandler = (
            (lambda one, told: listener.start(local(one), told)) if prefixed else listener.start
        )
        parser.EndElementHandler = (lambda one: listener.end(local(one))) if prefixed else listener.end
        listener.start(local(name), attributes)

    parser.StartElementHandler = begin
    with reading_faults():
        while piece := part.read(PIECE):
            parser.Parse(piece)
            yield
        parser.Parse(b"", True)  # noqa: FBT003  expat's own signature
    yield


def local(name: str) -> str:
    """A name without its prefix: writers are free to choose one."""
    return name.rpartition(":")[2] if ":" in name else name


def refuse_doctype(*_: object) -> None:
    raise no_workbook("its XML declares a document type, which Excel never writes")


@contextmanager
def reading_faults() -> Iterator[None]:
    """What the libraries say about a bad archive or bad XML, as a refusal of the file."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise damaged(f"{error or 'it ends too early'}") from error
    except expat.ExpatError as error:
        raise damaged(f"its XML breaks off: {error}") from error
    except RuntimeError as error:  # zipfile's word for a part that asks for a password
        if "password" not in str(error):
            raise
        raise with_password() from error
    except NotImplementedError as error:
        raise no_workbook(f"it is packed in an unusual way ({error})") from error


def whole_text(pieces: list[str]) -> str:
    """The pieces of one text as one; what no cell can hold is refused where a piece is added."""
    return pieces[0] if len(pieces) == 1 else "".join(pieces)


def refuse_endless(pieces: list[str]) -> None:
    """Raises FileRefused when a text comes in more pieces, each of thousands of characters, than a cell can hold."""
    if len(pieces) > MOST_PIECES:
        raise FileRefused("A cell holds more text than any cell of Excel can, so this is no list of companies.")
