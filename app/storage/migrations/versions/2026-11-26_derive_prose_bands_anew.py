"""Derive the bands of reports' prose anew: lines of one paragraph are put together, and 143团 is a name."""

import json
import re
from heapq import nsmallest
from zlib import crc32

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_prose_bands_anew"
down_revision = "2026_11_26_guard_tree"
branch_labels = None
depends_on = None

AT_ONCE = 500

REPORTS = sa.text("""
    SELECT report.id, report.year, report_version.content FROM report JOIN report_version
    ON report_version.report_id = report.id AND report_version.number = report.version
    WHERE report.id > :last ORDER BY report.id LIMIT :most
""")

# How bands were derived on this day; a later change of it is a migration of its own.
ENDS = "。！？；：!?;:"
NUMBER = "(?:[（(]?[一二三四五六七八九十0-9]{1,3}[）)、.．](?![0-9])|第[一二三四五六七八九十]{1,3})"
BEGINS_ANEW = re.compile(NUMBER)
STANDS_ALONE = re.compile(
    f"{NUMBER}[^，。；]{{1,20}}|[^，。；]{{0,15}}(?:情况|工作|方面|管理|建设|保障|问题|措施|事项|打算)"
)
BOILERPLATE = re.compile(
    r"^[^，。；！？;!?\n]{1,20}$"
    r"|[（(][一二三四五六七八九十0-9]{1,3}[）)][^。：:，,；;\n]{1,20}[。：:]"
    r"|《[^《》\n]{1,60}》(?:[（(][^（）()\n]{1,30}[）)])?"
    r"|国务院办公厅政府信息与政务公开办公室"
    r"|政府信息公开(?:工作|申请|指南|目录|年度报告)*"
    r"|公民、法人[和或者及]{1,2}其他组织"
    r"|以公开为常态、不公开为例外(?:的?原则)?"
    r"|习近平新时代中国特色社会主义思想"
    r"|党的[一二三四五六七八九十]{1,3}大(?:和[一二三四五六七八九十届]{1,5}[中历]次?全会)?精神",
    re.MULTILINE,
)
CHINESE = [chr(code) for code in range(0x3400, 0xA000)]
KEPT = re.compile(f"[{''.join(c for c in CHINESE if c not in '一二三四五六七八九十百千万亿零两〇')}]+")
GRAMS = re.compile(f"(?=([{''.join(c for c in CHINESE if not ord(c) & 0b110000)}].{{7}}))")
AFTER_NAME = re.compile(
    "(?:19|20|１９|２０)[0-9０-９]{2}|二[〇○零][〇○零一二三四五六七八九]{2}|政府信息公开|关于"
)
PLACE = re.compile(r".{1,12}?(?:自治[区州县旗]|[省市县区州盟旗镇乡]|街道)")
RANK = re.compile(r"自治[区州县旗]$|[省市县区州盟旗镇乡]$|街道$")
OFFICES = ("人民政府", "政府", "办公室", "办事处", "委员会")
COMPARED = 10_000
FEWEST = 200
BANDS = 16


def upgrade() -> None:
    """Replace all of them, some reports at a time."""
    names = ("report_id", "band", "year")
    table, last = sa.table("prose_band", *map(sa.column, names)), 0
    op.execute(sa.delete(table))
    while reports := op.get_bind().execute(REPORTS, {"last": last, "most": AT_ONCE}).all():
        rows = [(report, band, year) for report, year, said in reports for band in _bands(json.loads(said))]
        if rows:
            op.bulk_insert(table, [dict(zip(names, row, strict=True)) for row in rows])
        last = reports[-1][0]


def _bands(report: dict[str, object]) -> list[int]:
    sections, title = report.get("narratives"), report.get("title")
    names = _names(title if isinstance(title, str) else "")
    texts = [sections.get(code) for code in ("overview", "problems")] if isinstance(sections, dict) else []
    letters = [_letters(text[:COMPARED], names) for text in texts if isinstance(text, str)]
    if sum(map(len, letters)) < FEWEST:
        return []
    return nsmallest(BANDS, {crc32(gram.encode()) for text in letters for gram in GRAMS.findall(text)})


def _letters(text: str, names: list[str]) -> str:
    masked = BOILERPLATE.sub(lambda found: " " * len(found[0]), _joined(text))
    for name in names:
        masked = masked.replace(name, " " * len(name))
    return "".join(KEPT.findall(masked))


def _joined(text: str) -> str:
    paragraphs: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        bare = line.strip()
        is_rest = goes_on and bool(bare) and not line[0].isspace() and not BEGINS_ANEW.match(bare)
        if is_rest:
            paragraphs[-1] += line
        else:
            paragraphs.append(line)
        goes_on = bool(bare) and bare[-1] not in ENDS and (is_rest or not STANDS_ALONE.fullmatch(bare))
    return "\n".join(paragraphs)


def _names(title: str) -> list[str]:
    whole = AFTER_NAME.split(title.strip()[:40], maxsplit=1)[0].strip()
    places = PLACE.findall(whole)
    office = whole.removeprefix("".join(places))
    names = {whole, *places, *(RANK.sub("", place) for place in places), *({office} - {*OFFICES})}
    return sorted((name for name in names if len(name) > 1), key=lambda name: (-len(name), name))
