"""Writes DejaVuSans.ttf (a subset) and widths.txt from the DejaVu Sans of this system.

    pip install fonttools
    python make.py /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

The subset has the characters that figures use, without hinting and kerning. A line of widths.txt is
a code point (hexadecimal), its advance in units of 1/2048 of the font size, and its glyph in the subset.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

CHARACTERS = [chr(c) for c in range(32, 127)] + list("±†×–…↑↓−≤≥äöüéß")
FOLDER = Path(__file__).parent

options = Options()
options.hinting = False
options.layout_features = []
options.drop_tables += ["GPOS", "GSUB", "GDEF", "MATH", "gasp", "kern", "FFTM"]
font = TTFont(sys.argv[1], recalcTimestamp=False)
assert font["head"].unitsPerEm == 2048
subsetter = Subsetter(options)
subsetter.populate(text="".join(CHARACTERS))
subsetter.subset(font)
font.save(FOLDER / "DejaVuSans.ttf")

names, advances = font.getBestCmap(), font["hmtx"]
glyph = TTFont(FOLDER / "DejaVuSans.ttf").getGlyphID
lines = [f"{ord(c):x} {advances[names[ord(c)]][0]} {glyph(names[ord(c)])}" for c in CHARACTERS]
(FOLDER / "widths.txt").write_text("\n".join(lines) + "\n")
