"""Writes glyphs.txt: outlines of the letters that figures use, from DejaVu Sans.

    pip install fonttools
    python make.py /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf > glyphs.txt

A line per glyph: code point (hexadecimal), advance, and a path of M, L, Q (quadratic) and Z, in
units of 1/2048 of the font size, y upwards.
"""

import sys

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from fontTools.pens.basePen import decomposeQuadraticSegment

CHARACTERS = [chr(c) for c in range(32, 127)] + list("±†×–…↑↓−≤≥äöüéß")

font = TTFont(sys.argv[1])
assert font["head"].unitsPerEm == 2048
glyphs, names = font.getGlyphSet(), font.getBestCmap()
for character in CHARACTERS:
    pen = DecomposingRecordingPen(glyphs)
    glyphs[names[ord(character)]].draw(pen)
    path = []
    for verb, points in pen.value:
        if verb == "moveTo":
            path += ["M", *points[0]]
        elif verb == "lineTo":
            path += ["L", *points[0]]
        elif verb == "qCurveTo":
            for control, end in decomposeQuadraticSegment(points):
                path += ["Q", *(round(v) for v in (*control, *end))]
        else:
            path.append("Z")
    print(f"{ord(character):x}", glyphs[names[ord(character)]].width, *path)
