"""YAML with its lines, and nothing of YAML that surprises."""

from __future__ import annotations

import pytest

from dispatch.drills.scenario.nodes import MAX_DEPTH, MAX_NODES, Fields, Items, Scalar, tree
from dispatch.drills.scenario.problems import Bad, Code


def test_every_node_knows_its_line_and_column() -> None:
    root = tree("a: 1\nb:\n  - x\n  - 'y'\n", "f.yaml")
    assert isinstance(root, Fields)
    (_, first), (key, second) = root.pairs
    assert isinstance(first, Scalar)
    assert (first.place.line, first.place.column) == (1, 4)
    assert key.place.line == 2
    assert isinstance(second, Items)
    assert [str(item.place) for item in second.items] == ["f.yaml:3:5", "f.yaml:4:5"]


def test_scalars_stay_text_whatever_yaml_makes_of_them() -> None:
    root = tree("[no, 04101, 1e3, .nan, 2021-07-20 16:00, '~', ~]", "f")
    assert isinstance(root, Items)
    texts = [item.text for item in root.items if isinstance(item, Scalar)]
    assert texts == ["no", "04101", "1e3", ".nan", "2021-07-20 16:00", "~", "~"]
    assert [item.empty for item in root.items if isinstance(item, Scalar)][-2:] == [False, True]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: &x [1]\nb: *x", Code.NO_ALIASES, 2),
        ("a: 1\nb: !!python/object/apply:os.system ['true']", Code.NO_TAGS, 2),
        ("a: !!int 3", Code.NO_TAGS, 1),
        ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), Code.TOO_DEEP, 1),
        ("[" * 5_000, Code.NOT_YAML, 1),
        ("[" + "1,\n" * MAX_NODES + "1]", Code.FILE_TOO_LARGE, MAX_NODES),
        ("a: [1\nb: 2", Code.NOT_YAML, 2),
        ("a: 1\n---\nb: 2", Code.NOT_YAML, 3),
        ("? [1, 2]\n: 3", Code.BAD_VALUE, 1),
        ('"\\ud800"', Code.NOT_YAML, 1),
        ("a: \t1\n\tb: 2", Code.NOT_YAML, 2),
    ],
)
def test_what_is_not_read_is_refused_at_its_line(text: str, code: Code, line: int) -> None:
    with pytest.raises(Bad) as caught:
        tree(text, "f")
    assert caught.value.code is code
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_nothing_is_no_document() -> None:
    with pytest.raises(Bad, match="holds nothing"):
        tree("# only a remark\n", "f")
