import dataclasses
import pickle
from dataclasses import FrozenInstanceError, dataclass, field

import pytest

from window_ner.records import record


@record()
class Point:
    """A record."""

    x: int
    y: int = 2
    names: list = field(default_factory=list, repr=False)
    seen: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self):
        if self.x < 0:
            raise ValueError("x is negative")


@record(eq=False)
class Place:
    """A record that equals only itself."""

    x: int


@dataclass(frozen=True)
class Plain:
    """The dataclass with the fields of `Point`."""

    x: int
    y: int = 2
    names: tuple = ()


def test_a_record_takes_its_fields_by_place_and_by_name():
    point = Point(1, names=["a"])
    assert (point.x, point.y, point.names, point.seen) == (1, 2, ["a"], {})
    assert Point(1).names is not Point(1).names


def test_a_record_shows_its_fields_as_a_dataclass_does():
    assert repr(Point(1)) == "Point(x=1, y=2)"


def test_records_are_equal_and_hashed_by_the_fields_that_are_compared():
    one, same = Point(1, names=()), Point(1, names=())
    same.seen["a"] = 1
    assert one == same
    assert hash(one) == hash(same)
    assert one != Point(1, 3, names=())
    assert one != Plain(1)


def test_without_eq_a_record_equals_only_itself():
    place = Place(1)
    assert place != Place(1)
    assert len({place, Place(1)}) == 2


def test_a_record_does_not_change():
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match="'x'"):
        point.x = 2
    with pytest.raises(FrozenInstanceError, match="'x'"):
        del point.x
    assert point.x == 1


@pytest.mark.parametrize("kind", [Point, Plain])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [((), {}), ((1, 2, [], 4), {}), ((1,), {"x": 2}), ((1,), {"z": 2}), ((1,), {"seen": {}})],
)
def test_wrong_arguments_are_a_type_error_as_for_a_dataclass(kind, arguments, named):
    with pytest.raises(TypeError):
        kind(*arguments, **named)


def test_a_record_checks_its_fields_after_it_is_made():
    with pytest.raises(ValueError, match="x is negative"):
        Point(-1)


def test_the_functions_of_dataclasses_work_on_records():
    point = Point(1, names=["a"])
    assert dataclasses.replace(point, y=5) == Point(1, 5, ["a"])
    assert [f.name for f in dataclasses.fields(Point)] == ["x", "y", "names", "seen"]
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 2, "names": [], "seen": {}}
    with pytest.raises(ValueError, match="x is negative"):
        dataclasses.replace(point, x=-1)


def test_a_record_can_be_pickled():
    assert pickle.loads(pickle.dumps(Point(1, 4))) == Point(1, 4)
