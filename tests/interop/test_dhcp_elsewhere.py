"""dnsmasq, set up with the lines that hobnail prints, answers each client as hobnail would."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from hobnail.boot.boot_files import BootFile, BootFiles
from hobnail.boot.elsewhere import describe_options
from tests.namespaces import Namespaces
from tests.serve.dhcp_lab import options_of, raw_client, start_dnsmasq
from tests.tools import need_root, need_tool
from tests.wire.clients import IPXE_BIOS, OVMF_HTTP, OVMF_PXE

SERVER = IPv4Address("10.77.0.1")
URL = "http://10.77.0.1/mboot.efi"
FILES = BootFiles(BootFile("pxelinux.0"), BootFile("mboot.efi"), BootFile(URL))
SKIP = bytes.fromhex("060108ff")


@pytest.mark.parametrize(
    ("recorded", "client_class", "file", "vendor"),
    [
        (IPXE_BIOS, b"PXEClient", "pxelinux.0", SKIP),
        (OVMF_PXE, b"PXEClient", "mboot.efi", SKIP),
        (OVMF_HTTP, b"HTTPClient", URL, None),
    ],
    ids=["iPXE BIOS", "OVMF PXE", "OVMF HTTP"],
)
def test_dnsmasq(recorded: bytes, client_class: bytes, file: str, vendor: bytes | None, tmp_path: Path) -> None:
    need_root()
    need_tool("ip", "dnsmasq")
    lines = [line for line in describe_options(SERVER, FILES) if line.startswith("dhcp-")]
    (tmp_path / "hobnail.conf").write_text("\n".join(lines) + "\n")
    with Namespaces() as machines:
        server, client = machines.add("server"), machines.add("client")
        machines.connect(server, "eth0", client, "eth0")
        server.set_address("eth0", "10.77.0.2/24")
        conf = f"--conf-file={tmp_path}/hobnail.conf"
        start_dnsmasq(server, tmp_path, conf, "--dhcp-range=10.77.0.50,10.77.0.99")
        asked = bytearray(recorded)
        asked[10] = 0x80  # by broadcast, as this client has no address
        with raw_client(client, "eth0") as door:
            door.sendto(asked, ("255.255.255.255", 67))
            data = door.recv(2000)
    options = options_of(data)
    named = data[108:236].rstrip(b"\0") or options[67].rstrip(b"\0")
    assert (data[20:24], named.decode()) == (SERVER.packed, file)
    assert (options[60], options.get(43)) == (client_class, vendor)
