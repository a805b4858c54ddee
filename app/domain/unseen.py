"""What can't be seen of a text: characters that print nothing, and what is left without them."""

from __future__ import annotations

import unicodedata

_FILLERS = dict.fromkeys(
    [
        # letters, marks and signs that show nothing: Unicode's Default_Ignorable_Code_Point as far as Python
        # calls them printable, and blanks of Braille, Khitan and hieroglyphs
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
        *(0x2800, 0x16FE4, 0x13441, 0x13442),
    ]
)


def seen(text: str) -> str:
    """Return a text without blanks and all else that nobody sees."""
    shown = text.translate(_FILLERS)
    return "".join(char for char in shown if char.isprintable() and not char.isspace())


def letters_seen(text: str) -> str:
    """Return the letters and digits of a text that can be seen; marks on letters are none."""
    return "".join(char for char in seen(text) if unicodedata.category(char)[0] in "LN")


def plain(text: str) -> str:
    """Return what is seen of a text whatever its width and case."""
    return seen(unicodedata.normalize("NFKC", text).casefold())
