from __future__ import annotations

from xml.etree import ElementTree

from dispatch.matching.calibration import Bin, Calibration
from dispatch.matching.reliability import plot

SVG = "{http://www.w3.org/2000/svg}"
FOUND = Calibration(
    count=300,
    brier=0.2,
    base_brier=0.25,
    ece=0.03,
    bins=(
        Bin(count=100, predicted=0.15, observed=0.10),
        Bin(count=200, predicted=0.65, observed=0.70),
    ),
)


def test_it_says_what_its_axes_are_and_how_good_it_is() -> None:
    words = [
        t.text or "" for t in ElementTree.fromstring(plot(FOUND, "May <&> June")).iter(SVG + "text")
    ]
    assert words[:2] == [
        "May <&> June",
        "300 alerts; Brier 0.200, of the base rate 0.250; skill 20.0 %; ECE 0.030",
    ]
    assert {"predicted probability of accepting", "share of alerts accepted"} <= set(words)
    assert words.count("0.0") == words.count("1.0") == 2


def test_each_tenth_is_a_dot_where_it_belongs() -> None:
    root = ElementTree.fromstring(plot(FOUND, "x"))
    dots = [(float(d.attrib["cx"]), float(d.attrib["cy"])) for d in root.iter(SVG + "circle")]
    diagonal = next(root.iter(SVG + "line")).attrib
    (left, bottom), (right, top) = [
        (float(diagonal[f"x{i}"]), float(diagonal[f"y{i}"])) for i in (1, 2)
    ]
    shares = [((x - left) / (right - left), (y - bottom) / (top - bottom)) for x, y in dots]
    assert [(round(x, 2), round(y, 2)) for x, y in shares] == [(0.15, 0.10), (0.65, 0.70)]
