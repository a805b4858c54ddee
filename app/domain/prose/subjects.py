"""Whose figures a sentence tells: those of the body that reports, of its office alone, or of others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.prose.grammar import Clause, Lexeme


class Subject(Enum):
    """Whose figures."""

    WHOLE = auto()
    OFFICE = auto()
    OTHERS = auto()


_OFFICE = re.compile(r"(?:政府|府)办公?(?:室|厅)$|办公[室厅]$")
_BODY = re.compile(
    "(?:局|委员会|委|办公室|办公厅|中心|厅|部|院|所|站|队|社|公司|学校|管委会|街道办事处|街道|分局|支队|馆|会|办)$"
)
_AREA = re.compile("(?:省|自治区|自治州|市|地区|盟|自治县|县|区|旗|州|镇|乡|苏木)(?:人民政府)?$")
_ZONE = re.compile("(?:开发区|园区|新区|高新区|示范区|保税区|工业区|管理区)(?:管理委员会|管委会)?$")
_NAMED = re.compile(
    "(?:[县市区镇乡]|^|，|、|其中)[\u4e00-\u9fff]{2,10}?(?:局|委员会|街道办事处|街道|镇|乡)(?:人民政府)?(?=共?(?:收到|受理|新收|收取|办结|答复|制发|印发|接收))"
)
_AS_BODY = re.compile("我[局委办]|本机关|本单位|我单位")
_RECEIVES = re.compile("收|办结|答复|制发|印发")
_OWN = re.compile("我|本|全|各")
_NAMES = {"own", "area", "foreign", "office"}
_TOWARDS = "以向由经报送给转请"


@dataclass(frozen=True, slots=True)
class Subjects:
    """How the body that reports speaks of itself.

    Attributes:
        is_office: it is the office itself.
        areas: ends of 全X and 我X that mean itself; None where nobody knows who reports.
    """

    is_office: bool = False
    areas: frozenset[str] | None = None

    @classmethod
    def of(cls, agency: str | None) -> Subjects:
        """Return how a body of this name speaks of itself."""
        return _subjects(agency)

    def change(self, clause: Clause, upto: int, now: Subject) -> Subject:
        """Return whose figures stand at a place of a clause, given whose stood before it."""
        if clause.names.isdisjoint(_NAMES) or (clause.inside and "figure" not in clause.names):
            return now
        for lexeme in clause.lexemes:
            if lexeme.start < upto and lexeme.name in _NAMES:
                now = self._change(clause, lexeme, now)
        return now

    def names_another(self, clause: Clause, upto: int) -> bool:
        """Tell whether a figure's clause names another body as its subject."""
        said = clause.marked[clause.start : upto + 4]
        named = _NAMED.search(said) if _RECEIVES.search(said) else None
        return named is not None and not _OWN.search(named[0])

    def _change(self, clause: Clause, lexeme: Lexeme, now: Subject) -> Subject:
        if lexeme.name == "own":
            return Subject.WHOLE
        if lexeme.name == "area":
            return Subject.WHOLE if self._is_own(clause, clause.text(lexeme)) else Subject.OTHERS
        if lexeme.name == "foreign":
            return Subject.OTHERS
        if lexeme.name == "office" and clause.marked[max(0, lexeme.start - 1)] not in _TOWARDS:
            return Subject.WHOLE if self.is_office else Subject.OFFICE
        return now

    def _is_own(self, clause: Clause, text: str) -> bool:
        """Tell whether 全X or 各级行政机关 is the body itself."""
        if self.areas is None:
            return not _AS_BODY.search(clause.marked)
        return text[1] in self.areas if text[0] in "全我" else bool(self.areas)


@lru_cache(maxsize=256)
def _subjects(agency: str | None) -> Subjects:
    if agency is None:
        return Subjects()
    if _ZONE.search(agency):
        return Subjects(areas=frozenset("区"))
    if _OFFICE.search(agency):
        return Subjects(is_office=True, areas=frozenset())
    if _BODY.search(agency):
        return Subjects(areas=frozenset())
    area = _AREA.search(agency)
    if area is None:
        return Subjects()
    return Subjects(areas=frozenset(area[0].removesuffix("人民政府")[-1:]))
