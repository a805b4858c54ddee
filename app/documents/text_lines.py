"""From bytes to lines: encodings, control characters, page numbers, headings that a line break has split."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.documents.text_labels import LONGEST_LABEL, field_key
from app.errors import UnreadableDocument

if TYPE_CHECKING:
    from app.documents.text_labels import Vocabularies

_OTHER_KINDS = (
    (b"PK\x03\x04", "Word（.docx）或 Excel（.xlsx）文件"),
    (b"\xd0\xcf\x11\xe0", "旧版 Word（.doc）或 Excel（.xls）文件"),
    (b"%PDF", "PDF 文件"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_MOST_UNWANTED_IN = 200
"""One such character in so many is a slip; more are a file of another kind."""
_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_MOST_LINES = 100_000
_MOST_FIELDS = 500
"""A line of more fields is no row of a table: it is read as prose."""
_PAGE_NUMBER = re.compile(r"[-—–―－\s]*(?:第\s*)?[0-9０-９]{1,4}(?:\s*页)?[-—–―－\s]*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the document.

    Attributes:
        number: counted from 1.
        text: without line break.
        fields: its parts between tabs.
    """

    number: int
    text: str
    fields: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands on it; a line of tabs alone isn't blank, but an empty row."""
        return not self.is_tabular and not self.text.strip()

    @property
    def is_tabular(self) -> bool:
        """Whether it has fields, not only an indentation."""
        return len(self.fields) > 1


def decode(data: bytes) -> str:
    """Decode a text file: UTF-8 or UTF-16 by its mark, else UTF-8, else GB18030.

    Raises:
        UnreadableDocument: the file is empty, of another kind, or in none of these encodings.
    """
    if not data.strip():
        raise UnreadableDocument("文件是空的，请重新选择文件")
    for beginning, kind in _OTHER_KINDS:
        if data.startswith(beginning):
            raise UnreadableDocument(
                f"这不是文本文件，而是{kind}；现在只能读入纯文本：请打开它，把全文复制到记事本，另存为 .txt"
            )
    marked = [encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)]
    if not marked and b"\x00" in data:
        raise UnreadableDocument("这不是文本文件（里面有二进制内容）；请另存为 UTF-8 编码的纯文本（.txt）")
    return _decoded(data, marked or ["utf-8", "gb18030"])


def _decoded(data: bytes, encodings: list[str]) -> str:
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_UNWANTED.findall(text)) * _MOST_UNWANTED_IN <= len(text) + _MOST_UNWANTED_IN:
            return text
    raise UnreadableDocument("文件的编码无法识别，或者不是文本文件；请另存为 UTF-8 编码的纯文本（.txt）")


def without_control_characters(text: str) -> tuple[str, int]:
    """Drop invisible characters that no text needs; return the text and how many they were."""
    return _UNWANTED.subn("", text)


def lines_of(text: str) -> list[Line]:
    """Split text into lines, without those that hold nothing but a page number.

    Raises:
        UnreadableDocument: it has far more lines than a report can have.
    """
    breaks = sum(text.count(character) for character in _BREAKS)
    if breaks > _MOST_LINES:
        raise UnreadableDocument(f"文件超过 {_MOST_LINES} 行，不像一份年度报告；请确认选对了文件")
    return [
        Line(number, line, tuple(line.split("\t")) if line.count("\t") < _MOST_FIELDS else (line,))
        for number, line in enumerate(text.splitlines(), start=1)
        if not _is_page_number(line)
    ]


def _is_page_number(line: str) -> bool:
    """Tell whether a page number stands alone on a line; a bare year may belong to the title."""
    if "\t" in line or not line.strip() or not _PAGE_NUMBER.fullmatch(line):
        return False
    return re.fullmatch(r"\s*(?:19|20)[0-9]{2}\s*", line) is None


def mended(lines: list[Line], vocabularies: Vocabularies) -> list[Line]:
    """Join lines where a break has split a heading: 商业 / 企业."""
    whole: list[Line] = []
    for line in lines:
        joined = _joined(whole[-1], line, vocabularies) if whole else None
        if joined is None:
            whole.append(line)
        else:
            whole[-1] = joined
    return whole


def _joined(first: Line, second: Line, vocabularies: Vocabularies) -> Line | None:
    start, rest = first.fields[-1], second.fields[0]
    if len(start) > LONGEST_LABEL or len(rest) > LONGEST_LABEL or not rest.strip():
        return None
    key = field_key(start)
    if key in vocabularies.whole or key not in vocabularies.begun:
        return None
    both = field_key(start + rest)
    if both not in vocabularies.whole and both not in vocabularies.begun:
        return None
    fields = (*first.fields[:-1], start + rest, *second.fields[1:])
    return Line(first.number, "\t".join(fields), fields)


def text_of(lines: list[Line]) -> str:
    """Join lines into prose, a paragraph a line, as written but for the space around each."""
    return "\n".join(line.text.strip() for line in lines if line.text.strip())
