"""The colours of all charts and pages: which two colours mean called and ran without a call?

Both differ in hue *and* lightness, so that they stay apart for colour-blind readers and in print
(Okabe & Ito, 2008, "Color universal design"; blue and vermilion, darkened to at least 4.5 : 1 on white).
Neither is a verdict: nothing on a page is green or red.
"""

from __future__ import annotations

CALLED = "#1f5f99"
RECORDED = "#d9985f"
MISSED = "#b5521b"

NEUTRAL = "#51606f"
NORMAL = "#a9b1bb"
OUTSIDE = "#cfd5dc"
INK = "#1f2933"
MUTED = "#5b6773"
GRID = "#e4e8ec"
PAPER = "#ffffff"
SHADE = "#eef1f4"

MISSED_SCALE = ["#faf7f5", "#f3dccb", "#e4ae86", "#cd7c46", "#b5521b", "#7f3510"]

FONT = "Source Sans, Source Sans Pro, Segoe UI, Helvetica, Arial, sans-serif"
