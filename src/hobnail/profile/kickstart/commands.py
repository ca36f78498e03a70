"""The installer's commands and their options by release, as data.

Sources, by their mark in the rows:
- facts 9: commands and options of 5.0 and later (VMware, "Installation and Upgrade Script Commands", 5.0 to 8.0), and
  of 4.1 (cobbler's sample_esxi4); the list of 4.1 is not whole, so what is not in it is no error there.
- VMware, "Differences Between ESXi 4.x and ESXi 5.0 Scripted Installation and Upgrade Commands": what 5.0 dropped.
- Broadcom, ESX 9.1, the same page: --systemDisk, --repartitionSystemDisk, keyboards, licences from 9.0 on.
- samples: options that public scripts use and no guide lists.
What the installer does with a thing it does not know is in lint.py.
"""

from hobnail.profile.kickstart.grammar import FIRST, INSTALLER_OF_5, Command, Option, Release, Takes

_VALUE, _PERHAPS = Takes.VALUE, Takes.PERHAPS

SECURE_BOOT_SINCE: Release = (6, 5, 0)
"""The first release that starts under UEFI Secure Boot, where %firstboot does not run."""
LICENSED_BY_VCENTER_SINCE: Release = (9, 0, 0)
"""From here on hosts take their licence from vCenter; serialnum is read and does nothing (ESX 9.1 guide)."""

_DISK = (Option("--disk", _VALUE), Option("--drive", _VALUE), Option("--firstdisk", _PERHAPS))
_PREREQUISITES = (
    Option("--ignoreprereqwarnings", since=INSTALLER_OF_5, documented=False),  # samples
    Option("--ignoreprereqerrors", since=INSTALLER_OF_5, documented=False),
)
_MEDIUM = (  # 4.1: where the packages are; 5.0 has them in memory
    Option("--server", _VALUE, dropped=INSTALLER_OF_5),
    Option("--dir", _VALUE, dropped=INSTALLER_OF_5),
)
_OLD_SCRIPT = Option("--unsupported", dropped=INSTALLER_OF_5)
_INTERPRETER = Option("--interpreter", _VALUE)
_BY_NAME = frozenset({"--disk", "--drive"})
_ONE_DISK = ((_BY_NAME, frozenset({"--firstdisk"})),)

INSTALL = Command(
    ("install",),
    (
        *_DISK,
        *_MEDIUM,
        *_PREREQUISITES,
        Option("--overwritevmfs", since=INSTALLER_OF_5),
        Option("--preservevmfs", since=INSTALLER_OF_5),
        Option("--novmfsondisk", since=INSTALLER_OF_5),
        Option("--ignoressd", since=INSTALLER_OF_5),
        Option("--overwritevsan", since=(5, 5, 0)),
        Option("--systemDisk", _VALUE, since=(7, 0, 0)),
        Option("--systemdisk", _VALUE, since=(7, 0, 0)),
        Option("--repartitionSystemDisk", since=(7, 0, 0)),
        Option("--repartitionsystemdisk", since=(7, 0, 0)),
        Option("--forceunsupportedinstall", since=(7, 0, 0)),
        Option("--dpuPciSlots", _VALUE, since=(8, 0, 0)),
        Option("--dpupcislots", _VALUE, since=(8, 0, 0)),
    ),
    words_of_4=frozenset({"cdrom", "usb", "nfs", "url"}),
    exclusive=(
        *_ONE_DISK,
        (_BY_NAME, frozenset({"--ignoressd"})),
        (frozenset({"--preservevmfs"}), frozenset({"--overwritevmfs", "--novmfsondisk"})),
    ),
)
UPGRADE = Command(
    ("upgrade",),
    (
        *_DISK,
        *_PREREQUISITES,
        Option("--overwritevmfs"),
        Option("--forcemigrate"),
        Option("--deletecosvmdk", dropped=(6, 0, 0)),
        Option("--diskBootedFrom", documented=False),  # what vCenter's update manager writes
        Option("--savebootbank", _VALUE, documented=False),
    ),
    since=INSTALLER_OF_5,
    exclusive=_ONE_DISK,
)
INSTALL_OR_UPGRADE = Command(
    ("installorupgrade",),
    (
        *_DISK,
        *_PREREQUISITES,
        Option("--overwritevmfs"),
        Option("--overwritevsan", since=(5, 5, 0)),
        Option("--forcemigrate"),
    ),
    since=INSTALLER_OF_5,
    exclusive=_ONE_DISK,
)
AUTOPART = Command(
    ("autopart",),
    (*_DISK, Option("--overwritevmfs")),
    dropped=INSTALLER_OF_5,
    instead="install --disk=",
    exclusive=_ONE_DISK,
)
CLEARPART = Command(
    ("clearpart",),
    (
        Option("--drives", _VALUE),
        Option("--alldrives"),
        Option("--ignoredrives", _VALUE),
        Option("--firstdisk", _PERHAPS),
        Option("--overwritevmfs"),
        Option("--initlabel", dropped=INSTALLER_OF_5),
        Option("--all", documented=False),
    ),
    repeats=True,
    exclusive=(
        (frozenset({"--drives"}), frozenset({"--alldrives", "--ignoredrives", "--firstdisk"})),
        (frozenset({"--firstdisk"}), frozenset({"--alldrives", "--ignoredrives"})),
    ),
)
NETWORK = Command(
    ("network",),
    (
        *(Option(f"--{name}", _VALUE) for name in ("bootproto", "device", "ip", "netmask", "gateway", "nameserver")),
        *(Option(f"--{name}", _VALUE) for name in ("hostname", "vlanid", "addvmportgroup")),
        Option("--nodns", documented=False),
    ),
)
PART = Command(
    ("part", "partition"),
    (
        Option("--ondisk", _VALUE),
        Option("--ondrive", _VALUE),
        Option("--onfirstdisk", _PERHAPS),
        *(Option(f"--{name}", _VALUE, dropped=INSTALLER_OF_5) for name in ("size", "maxsize", "fstype")),
        Option("--grow", dropped=INSTALLER_OF_5),
    ),
    operand="the name of a datastore",
    repeats=True,
    exclusive=((frozenset({"--ondisk", "--ondrive"}), frozenset({"--onfirstdisk"})),),
)
ROOTPW = Command(("rootpw",), (Option("--iscrypted"),), operand="a password hash")
EULA = Command(("vmaccepteula", "accepteula"))
SERIALNUM = Command(("serialnum", "vmserialnum"), (Option("--esx", _VALUE),))
KEYBOARD = Command(("keyboard",), operand="a keyboard's name")
INCLUDE = Command(("%include", "include"), operand="a file or URL", repeats=True)
PRE = Command(("%pre",), (_INTERPRETER, _OLD_SCRIPT), script=True, repeats=True)
POST = Command(
    ("%post",),
    (_INTERPRETER, Option("--timeout", _VALUE), Option("--ignorefailure", _VALUE), _OLD_SCRIPT),
    script=True,
    repeats=True,
)
FIRSTBOOT = Command(
    ("%firstboot",),
    (_INTERPRETER, Option("--level", _VALUE, dropped=INSTALLER_OF_5), _OLD_SCRIPT),
    script=True,
    repeats=True,
)

_DROPPED_BY_5 = (  # VMware's page of differences
    "auth authconfig bootloader esxlocation firewall firewallport timezone virtualdisk zerombr %packages"
)
_RED_HAT = (  # known by name to every installer, for scripts that came from ESX or Linux
    "autostep cmdline device deviceprobe firstboot harddrive ignoredisk interactive lang langsupport lilo lilocheck "
    "logvol mouse raid skipx text volgroup vmlicense %vmlicense_text vnc xconfig xdisplay"
)

COMMANDS = (
    EULA,
    ROOTPW,
    INSTALL,
    UPGRADE,
    INSTALL_OR_UPGRADE,
    AUTOPART,
    CLEARPART,
    PART,
    NETWORK,
    KEYBOARD,
    SERIALNUM,
    Command(("dryrun",)),
    Command(("paranoid",)),
    Command(("reboot",), (Option("--noeject"),)),
    INCLUDE,
    PRE,
    POST,
    FIRSTBOOT,
    *(Command((name,), dropped=INSTALLER_OF_5) for name in _DROPPED_BY_5.split()),
    *(Command((name,), dropped=FIRST) for name in _RED_HAT.split()),
)

BY_NAME = {name: command for command in COMMANDS for name in command.names}

CHOOSES_DISK = (INSTALL, UPGRADE, INSTALL_OR_UPGRADE)
"""Of these a script has one."""

SECTION_ENDS = ("%post", "%pre", "%packages", "%vmlicense_text", "%firstboot", "%include", "include")
"""A script ends at the first line that begins with one of these, whatever follows it in the line."""

KEYBOARDS = (
    "Belgian", "Brazilian", "Croatian", "Czechoslovakian", "Danish", "Estonian", "Finnish", "French", "German",
    "Greek", "Icelandic", "Italian", "Japanese", "Latin American", "Norwegian", "Polish", "Portuguese", "Russian",
    "Slovenian", "Spanish", "Swedish", "Swiss French", "Swiss German", "Turkish", "Ukrainian", "United Kingdom",
    "US Default", "US Dvorak",
)  # fmt: skip
"""VMware's guides of 5.0 to 8.0 and Broadcom's of 9.1 name the same."""

DISK_TYPES = frozenset({"local", "remote", "usb", "esx", "localesx", "remoteesx"})
"""What --firstdisk= takes besides models, vendors and drivers."""
