"""boot.cfg written back: nothing is lost, and what is set is what mboot would read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hobnail.errors import UserError
from hobnail.formats.bootcfg import MBOOT_KEYS, SAFEBOOT_KEYS, BootConfigText, BootModule, split_list
from hobnail.formats.bootcfg_keys import KEYS, Kind
from hobnail.formats.bootcfg_paths import BLANKS

KEY = st.sampled_from(MBOOT_KEYS + SAFEBOOT_KEYS)
PIECE = st.sampled_from(
    [b"kernel", b"=", b" ", b"---", b"\n", b"\r\n", b"#", b"\0", b"modules=", b"\\", b"a", b"\xa0"]
)
BYTES = st.binary(max_size=80) | st.lists(PIECE, max_size=24).map(b"".join)

COMMENTED = b"# mine\r\n\r\nbootstate=0\r\nfuture=1\r\nKERNEL=/b.b00  \r\nmodules=/k.b00 --- /s.v00"


def edited(data: bytes, key: str, value: str) -> bytes:
    return BootConfigText.parse(data).with_value(key, value).render()


@given(BYTES)
@example(COMMENTED)
def test_what_is_not_changed_comes_back_byte_for_byte(data: bytes) -> None:
    assert BootConfigText.parse(data).render() == data


@st.composite
def settings(draw: st.DrawFn) -> tuple[str, str]:
    """A key and a value that it may have."""
    key = draw(KEY)
    if KEYS[key].kind is Kind.NUMBER:
        return key, draw(st.from_regex(r"-?[0-9]{0,5}", fullmatch=True))
    words = st.text(st.characters(codec="latin-1", exclude_characters=BLANKS + "\0"), min_size=1, max_size=5)
    return key, " ".join(draw(st.lists(words, max_size=4)))


@given(BYTES, settings())
def test_what_is_set_is_read_and_nothing_else_changes(data: bytes, setting: tuple[str, str]) -> None:
    key, value = setting
    text = BootConfigText.parse(data)
    changed = text.with_value(key, value)
    assert changed.value(key) == value
    assert BootConfigText.parse(changed.render()) == changed
    if any(line.written == "" for line in text.lines):
        return  # `=x` is mboot's kernel and safeboot's build at once
    for name in KEYS:
        assert name == key or changed.value(name) == text.value(name)


@given(BYTES, KEY)
def test_a_key_that_is_removed_is_gone(data: bytes, key: str) -> None:
    text = BootConfigText.parse(data)
    left = text.without(key)
    assert left.value(key) == ""
    assert left.lines_of(key) == ()
    assert len(left.lines) == len(text.lines) - len(text.lines_of(key))


@pytest.mark.parametrize(
    ("data", "key", "value", "expected"),
    [
        (b"kernel=a\n", "kernel", "b", b"kernel=b\n"),
        (b"ker=a # no comment\r\n", "kernel", "b", b"kernel=b\r\n"),
        (b"kernel=a\nkernel=b\n", "kernel", "c", b"kernel=a\nkernel=c\n"),
        (b"kernel=a", "title", "x", b"kernel=a\ntitle=x\n"),
        (b"kernel=a\r\nbuild=", "title", "x", b"kernel=a\r\nbuild=\r\ntitle=x\r\n"),
        (b"", "kernel", "b.b00", b"kernel=b.b00\n"),
        (b" kernel=  a  \n", "kernel", "a", b" kernel=  a  \n"),
        (b"ker=a\n", "kernel", "a", b"kernel=a\n"),
        (b"x=1\nkernel=a\n", "kernel", "", b"x=1\nkernel=\n"),
        (b"timeout=5\n", "timeout", "-1", b"timeout=-1\n"),
    ],
)
def test_a_line_is_replaced_where_it_stands_or_added(data: bytes, key: str, value: str, expected: bytes) -> None:
    assert edited(data, key, value) == expected


@pytest.mark.parametrize("value", ["a\nb", "a  b", " a", "a ", "a\tb", "a\0b", "\u20ac", "a\r"])
def test_what_mboot_would_read_otherwise_is_refused(value: str) -> None:
    with pytest.raises(UserError, match="cannot stand in boot"):
        edited(b"", "kernelopt", value)


@pytest.mark.parametrize("name", [name for name, key in KEYS.items() if key.kind is Kind.NUMBER])
def test_a_number_must_be_one(name: str) -> None:
    with pytest.raises(UserError, match="is no number"):
        edited(b"", name, "5s")


def test_a_key_that_mboot_does_not_know_cannot_be_set() -> None:
    text = BootConfigText.parse(COMMENTED)
    with pytest.raises(UserError, match="no key of boot"):
        text.value("kernal")
    with pytest.raises(UserError, match="no key of boot"):
        text.with_value("ker", "x")
    with pytest.raises(UserError, match="no key of boot"):
        text.without("x")


MODULES = (BootModule("/k.b00", ""), BootModule("s.v00", "ks=usb debug"), BootModule("a-.v00", "x-"))


def test_modules_are_set_in_one_line_as_the_vendor_writes_it() -> None:
    text = BootConfigText.parse(COMMENTED).with_modules(MODULES)
    assert text.render().endswith(b"\r\nmodules=/k.b00 --- s.v00 ks=usb debug --- a-.v00 x-")
    assert text.modules == MODULES
    assert text.with_modules(()).modules == ()


NAME = st.text("ab-/", min_size=1, max_size=5).filter(lambda name: "---" not in name)


@given(st.lists(st.builds(BootModule, NAME, st.lists(NAME, max_size=2).map(" ".join)), max_size=4))
def test_modules_that_are_set_are_read(modules: list[BootModule]) -> None:
    assert BootConfigText.parse(b"").with_modules(modules).modules == tuple(modules)


@pytest.mark.parametrize(
    "module", [("", "x"), ("a b", ""), ("a---b", ""), ("a", "x --- y"), ("a", " x"), ("---", "")]
)
def test_modules_that_would_be_read_otherwise_are_refused(module: tuple[str, str]) -> None:
    with pytest.raises(UserError, match="a module that cannot stand in boot"):
        BootConfigText.parse(b"").with_modules([BootModule(*module)])


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ("a --- b", "a b"),
        ("a---b", "a b"),
        ("a --- b ---", "a b"),
        ("--- a", "a"),
        ("a --- --- b", "a b"),
        ("---ab", "b"),  # mboot steps over one character after a separator without a name
        ("a------bc", "a c"),
        ("---", ""),
        ("a ---- b", "a -"),
        ("a-----b", "a --b"),
        ("", ""),
    ],
)
def test_lists_are_split_as_mboot_does(value: str, paths: str) -> None:
    assert [item.path for item in split_list(value)] == paths.split()


def test_blanks_are_those_of_mboot_and_a_nul_ends_a_line() -> None:
    text = BootConfigText.parse(b"\xa0kernelopt=\ba\xa0\tb\0c\nkernel=k\0\nmodules=m")
    assert (text.kernel_options, text.kernel, text.modules) == ("a b", "k", (BootModule("m", ""),))


@pytest.mark.parametrize(
    ("data", "directory", "kernel", "line", "modules"),
    [
        (b"kernel=b\nkernelopt=x\nmodules=a --- /c o", "D", "D/b", "D/b x", ["D/a", "/c"]),
        (b"kernel=/b\nprefix=/p\nmodules=a", "D", "/b", "/b", ["/p/a"]),
        (b"kernel=b\nprefix=\nmodules=a", "http://h/d", "http://h/d/b", "http://h/d/b", ["http://h/d/a"]),
        (b"kernel=b c.b00", "", "bc.b00", "bc.b00", []),
        (b"title=x", "D", "", "", []),
    ],
)
def test_what_mboot_asks_for(data: bytes, directory: str, kernel: str, line: str, modules: list[str]) -> None:
    resolved = BootConfigText.parse(data).resolved(directory)
    assert (resolved.kernel, resolved.command_line) == (kernel, line)
    assert [module.path for module in resolved.modules] == modules


def test_acpi_tables_are_a_list_too() -> None:
    text = BootConfigText.parse(b"acpi=a.aml ignored---/b.aml\nprefix=p")
    assert text.resolved("D").acpi_tables == ("p/a.aml", "/b.aml")
