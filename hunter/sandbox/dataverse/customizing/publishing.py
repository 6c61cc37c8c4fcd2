"""PublishXml: which tables are to be published (contract 16.9, D61)."""

from __future__ import annotations

from xml.parsers.expat import ExpatError, ParserCreate

from hunter.sandbox.dataverse.errors import bad_request


def tables_to_publish(text: str) -> list[str]:
    """The names between the `entity` tags. Raises DataverseError when the text is no XML."""
    names: list[str] = []
    path: list[str] = []

    def opened(tag: str, _attributes: object) -> None:
        path.append(tag)

    def closed(_tag: str) -> None:
        path.pop()

    def said(words: str) -> None:
        if path == ["importexportxml", "entities", "entity"] and words.strip():
            names.append(words.strip())

    parser = ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opened, closed, said
    try:
        parser.Parse(text, True)  # noqa: FBT003  expat's own signature
    except ExpatError as error:
        raise bad_request(f"The ParameterXml is not well-formed XML: {error}.") from error
    return names
