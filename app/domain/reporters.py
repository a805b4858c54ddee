"""What a body's name tells of it, where nobody registered it: its full name, its level, its kind."""

from __future__ import annotations

import re

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.context import Reporter

_GOVERNMENT = "人民政府"
_SUBDISTRICT = re.compile("街道(?:办事处)?$")
_OFFICE = re.compile("(?:政府|府)办公?[室厅]$|政府办$")
_LEVELS = (
    (re.compile("(?:镇|乡|苏木)$"), AgencyLevel.TOWNSHIP),
    (re.compile("(?:省|自治区)$"), AgencyLevel.PROVINCE),
    (re.compile("(?:自治州|州|盟|地区)$"), AgencyLevel.PREFECTURE),
    (re.compile("(?:开发区|新区|园区|高新区)$"), None),
    (re.compile("(?:县|区|旗)$"), AgencyLevel.COUNTY),
    (re.compile("市$"), None),
)


def reporter_named(name: str | None) -> Reporter:
    """Return what a name tells: 盐池县大水坑镇 is a township's government; of a 市 the level stays open."""
    if name is None:
        return Reporter()
    if _SUBDISTRICT.search(name):
        full = name.removesuffix("办事处") + "办事处"
        return Reporter(full, AgencyLevel.TOWNSHIP, AgencyKind.SUBDISTRICT)
    if _OFFICE.search(name):
        return Reporter(name, kind=AgencyKind.OFFICE)
    area = name.removesuffix(_GOVERNMENT)
    for pattern, level in _LEVELS:
        if pattern.search(area):
            is_zone = level is None and not area.endswith("市") and area == name
            return Reporter(name) if is_zone else Reporter(area + _GOVERNMENT, level, AgencyKind.GOVERNMENT)
    return Reporter(name)
