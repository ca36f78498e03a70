"""The lines for somebody else's DHCP server. ISC dhcpd 4.4 and Kea 2.2 were run with them; dnsmasq is in interop/."""

import json
from ipaddress import IPv4Address

from hobnail.boot.boot_files import NO_IMAGE, BootFile, BootFiles, bios_only
from hobnail.boot.elsewhere import describe_options

SERVER = IPv4Address("10.77.0.1")
EVERY = BootFiles(BootFile("pxelinux.0"), BootFile("mboot.efi"), BootFile("http://10.77.0.1/mboot.efi"))

OLD = """\
# no boot file for UEFI: ESXi 4.1.0 boots by BIOS firmware only; set the machine to legacy (BIOS) boot
# no boot file for UEFI HTTP: ESXi 4.1.0 boots by BIOS firmware only; set the machine to legacy (BIOS) boot

# dnsmasq: /etc/dnsmasq.d/hobnail.conf
dhcp-match=set:hobnail-bios,option:client-arch,0
dhcp-boot=tag:hobnail-bios,pxelinux.0,,10.77.0.1
dhcp-option-force=tag:hobnail-bios,60,PXEClient
dhcp-option-force=tag:hobnail-bios,43,06:01:08:ff

# ISC dhcpd: dhcpd.conf, outside of any subnet
option hobnail-architecture code 93 = unsigned integer 16;
class "hobnail-bios" {
  match if option hobnail-architecture = 00:00;
  next-server 10.77.0.1;
  filename "pxelinux.0";
  option vendor-class-identifier "PXEClient";
  option vendor-encapsulated-options 06:01:08:ff;
}

# Kea: kea-dhcp4.conf, inside Dhcp4
"client-classes": [
  {
    "name": "hobnail-bios",
    "test": "option[93].hex == 0x0000",
    "next-server": "10.77.0.1",
    "boot-file-name": "pxelinux.0",
    "option-data": [
      {
        "name": "vendor-class-identifier",
        "data": "PXEClient",
        "always-send": true
      },
      {
        "code": 43,
        "csv-format": false,
        "data": "060108ff",
        "always-send": true
      }
    ]
  }
]

# any other server (Windows, a router), for each value of option 93 (client architecture)
# architecture 0
next server (field siaddr) and option 66: 10.77.0.1
boot file (field file) and option 67: pxelinux.0
option 60 (text): PXEClient
option 43 (hexadecimal): 06 01 08 ff"""


def test_an_old_image_is_described_for_bios_only() -> None:
    assert "\n".join(describe_options(SERVER, bios_only("pxelinux.0", "ESXi 4.1.0"))) == OLD


def test_without_an_image_there_is_only_the_reason() -> None:
    lines = describe_options(SERVER, NO_IMAGE)
    assert len(lines) == 3
    assert all("hobnail image import FILE" in line for line in lines)


def test_http_firmware_is_told_its_own_class_and_no_discovery_control() -> None:
    text = "\n".join(describe_options(SERVER, EVERY))
    kea = json.loads("{" + text[text.index('"client-classes"') : text.index("\n# any other")] + "}")
    http = kea["client-classes"][2]
    assert http["test"] == "option[93].hex == 0x0010"
    assert [option["data"] for option in http["option-data"]] == ["HTTPClient"]
    assert kea["client-classes"][1]["test"] == "option[93].hex == 0x0007 or option[93].hex == 0x0009"
    assert "match if option hobnail-architecture = 00:07 or option hobnail-architecture = 00:09;" in text
