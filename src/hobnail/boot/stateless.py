"""From the installer's image to a stateless hypervisor: which kernel words and modules stay, and why the others go.

Sources: xCAT's esx.pm (5.x and 6.x recipe), VMware's knowledge base 398530 (8.x, 9.x: what remains keeps the
medium's order). From ESXi 5.0 on the installer is the hypervisor, with one more module and one word to its kernel.
"""

from hobnail.image.model import Image, LeftOut, Module, Role

_ONLY_INSTALLER = frozenset({"runweasel", "cdromboot"})
_FOR_NETWORK = frozenset({"cdromboot"})
"""Says that the medium is a CD; over the network it would look for one."""

_SAVED = {
    Role.DATABASE: (
        "the list of installed packages; left out to save RAM, and with it goes the VIB database",
        "xCAT",
    ),
    Role.TOOLS: ("what guests install; left out to save RAM", "xCAT"),
}


def kept_words(kernel_options: str, mode: str) -> list[str]:
    """Return the words of the medium's kernel line that a host is handed in this mode, in their order."""
    words = kernel_options.split()
    if mode == "install":
        kept = [word for word in words if word.lower() not in _FOR_NETWORK and not word.startswith("ks=")]
        return kept if any(word.lower() == "runweasel" for word in kept) else ["runweasel", *kept]
    return [word for word in words if word.lower() not in _ONLY_INSTALLER and not word.startswith("ks=")]


def kept_modules(image: Image, mode: str, *, slim: bool) -> tuple[tuple[Module, ...], tuple[LeftOut, ...]]:
    """Return the modules that a host loads in this mode, in the medium's order; and the others, with reasons."""
    kept: list[Module] = []
    left_out: list[LeftOut] = []
    for module in image.modules:
        if mode == "stateless" and module.role is Role.INSTALLER:
            left_out.append(LeftOut(module.name, "the installer; a stateless host has no disk to install to", "xCAT"))
        elif mode == "stateless" and slim and module.role in _SAVED:
            left_out.append(LeftOut(module.name, *_SAVED[module.role]))
        else:
            kept.append(module)
    return tuple(kept), tuple(left_out)
