"""How the letters of a text file are written: told by its first bytes, or by what the whole of it can be (g.1)."""

from __future__ import annotations

import codecs
from enum import StrEnum

SAMPLE_BYTES = 64 * 1024
ZEROS_OF_UTF16 = 0.2  # of the bytes at even or at odd places: Latin letters in UTF-16 have a zero in each pair


class Encoding(StrEnum):
    """The encodings of lists, by the names that Python knows them by."""

    UTF8 = "utf-8"
    UTF8_BOM = "utf-8-sig"
    WINDOWS_1254 = "cp1254"
    UTF16 = "utf-16"
    UTF16_LE = "utf-16-le"
    UTF16_BE = "utf-16-be"

    @property
    def words(self) -> str:
        """What people call it."""
        return WORDS[self]


WORDS = {
    Encoding.UTF8: "UTF-8",
    Encoding.UTF8_BOM: "UTF-8 with a byte order mark",
    Encoding.WINDOWS_1254: "Windows-1254 (Turkish)",
    Encoding.UTF16: "UTF-16 with a byte order mark",
    Encoding.UTF16_LE: "UTF-16, little end first",
    Encoding.UTF16_BE: "UTF-16, big end first",
}


class EncodingDetector:
    """Told a file piece by piece; in the end it knows the encoding, and holds no more than the first piece.

    A byte order mark decides. Else zeros at every second place mean UTF-16. Else what is valid UTF-8 from the first to
    the last byte is UTF-8, because texts in other encodings never are by chance. The rest is Windows-1254.
    """

    def __init__(self) -> None:
        self._head = b""
        self._is_utf8 = True
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, piece: bytes) -> None:
        if len(self._head) < SAMPLE_BYTES:
            self._head += piece[: SAMPLE_BYTES - len(self._head)]
        if self._is_utf8:
            self._decode(piece, final=False)

    def result(self) -> Encoding:
        """The encoding of what was told."""
        if self._head.startswith(codecs.BOM_UTF8):
            return Encoding.UTF8_BOM
        if self._head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Encoding.UTF16
        if utf16 := without_mark(self._head):
            return utf16
        self._decode(b"", final=True)
        return Encoding.UTF8 if self._is_utf8 else Encoding.WINDOWS_1254

    def _decode(self, piece: bytes, *, final: bool) -> None:
        try:
            self._decoder.decode(piece, final=final)
        except UnicodeDecodeError:
            self._is_utf8 = False


def without_mark(head: bytes) -> Encoding | None:
    """UTF-16 that has lost its mark."""
    if len(head) < 4:
        return None
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > ZEROS_OF_UTF16 * len(odd) and even.count(0) * 4 < odd.count(0):
        return Encoding.UTF16_LE
    if even.count(0) > ZEROS_OF_UTF16 * len(even) and odd.count(0) * 4 < even.count(0):
        return Encoding.UTF16_BE
    return None


def detect_encoding(content: bytes) -> Encoding:
    """The encoding of a whole text."""
    detector = EncodingDetector()
    detector.feed(content)
    return detector.result()
