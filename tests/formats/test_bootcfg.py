import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.formats.bootcfg import BootModule, parse_boot_config

INSTALLED_41 = b"""kernel=b.z
kernelopt=
modules=k.z --- s.z --- c.z --- oem.tgz --- license.tgz --- m.z --- state.tgz
build=4.1.0-260247
updated=2
bootstate=0
"""
"""boot.cfg of an installed ESXi 4.1, as Apache VCL's documentation shows it."""


def names(data: bytes) -> list[str]:
    return [module.path for module in parse_boot_config(data).modules]


def test_an_installed_4_1() -> None:
    config = parse_boot_config(INSTALLED_41)
    assert config.kernel == "b.z"
    assert config.kernel_options == ""
    assert config.build == "4.1.0-260247"
    assert [m.path for m in config.modules] == ["k.z", "s.z", "c.z", "oem.tgz", "license.tgz", "m.z", "state.tgz"]


def test_line_ends_do_not_matter() -> None:
    assert parse_boot_config(INSTALLED_41.replace(b"\n", b"\r\n")) == parse_boot_config(INSTALLED_41)


@pytest.mark.parametrize(
    ("line", "kernel"),
    [
        (b"kernel=a", "a"),
        (b"KERNEL=a", "a"),
        (b"ker=a", "a"),
        (b"=a", "a"),
        (b"  kernel=  a  ", "a"),
        (b"kernel =a", ""),
        (b"kernels=a", ""),
        (b"#kernel=a", ""),
        (b"kernel", ""),
        (b"kernelo=a", ""),
        (b"kernel=a\nkernel=b", "b"),
        (b"kernel=a\nkernel=", ""),
        (b"kernel=a=b", "a=b"),
    ],
)
def test_keys_match_as_in_mboot(line: bytes, kernel: str) -> None:
    assert parse_boot_config(line).kernel == kernel


def test_runs_of_blanks_are_one() -> None:
    assert parse_boot_config(b"kernelopt=  a \t b   c ").kernel_options == "a b c"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"modules=a --- b", ["a", "b"]),
        (b"modules=a---b", ["a", "b"]),
        (b"modules=--- a --- --- b ---", ["a", "b"]),
        (b"modules=", []),
        (b"modules=/a --- sub/b", ["/a", "sub/b"]),
    ],
)
def test_modules_are_split_at_three_hyphens(line: bytes, expected: list[str]) -> None:
    assert names(line) == expected


def test_what_follows_a_module_is_its_options() -> None:
    config = parse_boot_config(b"modules=b.b00 ks=usb debug --- k.b00")
    assert config.modules == (BootModule("b.b00", "ks=usb debug"), BootModule("k.b00", ""))


@given(st.binary(max_size=400))
def test_any_bytes_are_read(data: bytes) -> None:
    config = parse_boot_config(data)
    assert all(module.path and " " not in module.path and "---" not in module.path for module in config.modules)


WORD = st.text("abcdefghijklmnop.0123456789_/", min_size=1, max_size=12)


@given(kernel=WORD, modules=st.lists(st.tuples(WORD, st.lists(WORD, max_size=2)), max_size=6))
def test_what_is_written_is_read(kernel: str, modules: list[tuple[str, list[str]]]) -> None:
    items = [" ".join([path, *options]) for path, options in modules]
    config = parse_boot_config(f"kernel={kernel}\nmodules={' --- '.join(items)}\n".encode())
    assert config.kernel == kernel
    assert [(m.path, m.options.split()) for m in config.modules] == modules
