"""The programs that the other desktop tests rely on are there and can show Chinese."""

import os
import subprocess
from pathlib import Path

from openpyxl import Workbook

TITLE = "政府信息公开工作年度报告"
CHROMIUM = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def convert(source: Path, kind: str) -> Path:
    """Have LibreOffice write *source* beside it as a *kind* of file, with a profile of its own."""
    profile = f"-env:UserInstallation={(source.parent / 'profile').as_uri()}"
    options = ["--headless", "--convert-to", kind, "--outdir", str(source.parent), str(source)]
    subprocess.run(["soffice", profile, *options], check=True, capture_output=True, timeout=120)
    return source.with_suffix(f".{kind}")


def test_writer_makes_a_pdf_whose_chinese_can_be_read_back(tmp_path: Path) -> None:
    source = tmp_path / "report.txt"
    source.write_text(TITLE)
    pdf = convert(source, "pdf")
    assert subprocess.check_output(["pdftotext", pdf, "-"], text=True).strip() == TITLE


def test_calc_works_out_a_formula(tmp_path: Path) -> None:
    source = tmp_path / "report.xlsx"
    workbook = Workbook()
    workbook.worksheets[0].append(["total", "=1+2"])
    workbook.save(source)
    assert convert(source, "csv").read_text().strip() == "total,3"


def test_chromium_draws_a_page(tmp_path: Path) -> None:
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(f"<meta charset=utf-8><p>{TITLE}</p>")
    options = [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}", page.as_uri()]
    subprocess.run([*CHROMIUM, *options], check=True, capture_output=True, timeout=120)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_font_for_chinese_is_installed() -> None:
    env = os.environ | {"LC_ALL": "C.UTF-8"}
    assert subprocess.check_output(["fc-list", ":lang=zh-cn", "family"], env=env).strip()
