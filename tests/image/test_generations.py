import pytest

from hobnail.image.generations import CARRIERS, LATER, LAYOUTS, NOT_LOADED, Layout, layout_of
from hobnail.image.model import Generation, Role


def test_each_generation_with_a_disk_image_has_one_layout() -> None:
    assert [layout.generation for layout in LAYOUTS] == list(Generation)[:3]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.generation.value)
def test_a_bank_is_told_by_its_files(layout: Layout) -> None:
    names = frozenset({layout.kernel, *(slot.name for slot in layout.modules)})
    assert layout.tell_tale <= names
    assert layout_of(names) is layout
    assert layout_of(names - layout.tell_tale) is None


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.generation.value)
def test_rows_do_not_contradict_themselves(layout: Layout) -> None:
    names = [layout.kernel, *(slot.name for slot in layout.modules)]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)
    assert not {fact.name for fact in NOT_LOADED} & set(names)
    assert not LATER & set(names)
    assert layout.carrier in CARRIERS
    assert Role.SYSTEM in {slot.role for slot in layout.modules}


def test_every_drop_has_a_reason_and_a_source() -> None:
    facts = [*NOT_LOADED, *(fact for layout in LAYOUTS for fact in layout.installer)]
    assert all(fact.reason and fact.source for fact in facts)
