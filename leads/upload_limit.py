"""Uploads beyond the limit are let through unread: nothing of them comes to the disk, and the form says why (R7.3)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

BESIDE_THE_FILE = 1024 * 1024  # the other fields of the form, and what stands around them


class UploadLimit(FileUploadHandler):
    """The first of the handlers: passes on what it is given until the file is larger than a list may be."""

    _too_large = False
    _received = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  the signature is Django's
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        self._too_large = content_length > self.largest + BESIDE_THE_FILE

    def new_file(self, *arguments: Any, **more: Any) -> None:
        super().new_file(*arguments, **more)
        self._received = 0
        if self._too_large:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._received += len(raw_data)
        if self._received > self.largest:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    @property
    def largest(self) -> int:
        return int(settings.IMPORT_MAX_MB) * 1024 * 1024
