"""Every key of a settings file: the one table that the parser, the JSON Schema and docs/settings.md are made from.

`since` is what is known of each generation from the facts about its boot; what a generation cannot do is decided,
and refused, by the overlay's own table.
"""

from hobnail.profile import kinds, kinds_login, kinds_network
from hobnail.profile.grammar import BOOT_CONFIG, Key, Named, Table, works
from hobnail.profile.keys_network import DNS, IDENTITY, NETWORK, NFS, NTP, SYSLOG

_COMPORT = kinds.choice("com1", "com2")
_FILE_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"

BOOT = Table(
    {
        "kernel_options": Key(kinds_login.kernel_options(), "Options for the kernel.", '"debugLogToSerial=1"'),
        "loader_options": Key(
            kinds_login.loader_options(),
            "Options for mboot under PXELINUX or iPXE.",
            '"-S 1"',
            works("boot.loader_options"),
        ),
        "slim": Key(kinds.boolean(), "Leave tools and VIB database out: saves RAM.", "true", works("boot.slim")),
        "timeout": Key(
            kinds.integer(0, 3600, "seconds"), "How long mboot waits before it boots.", "0", works("boot.timeout")
        ),
        "error_timeout": Key(
            kinds.integer(0, 3600, "seconds"),
            "When a failed mboot gives up and the next device is tried.",
            "60",
            f"mboot of {works('boot.error_timeout')}",
        ),
        "tftp_block_size": Key(
            kinds.integer(512, 65464, "bytes"),
            "TFTP blocks of mboot.efi.",
            "1468",
            f"mboot.efi of {works('boot.tftp_block_size')}",
        ),
        "bootif": Key(
            kinds.boolean(), "Tell the kernel which card was booted from. It is, unless said otherwise.", "false"
        ),
    },
    "How the image is started.",
)

_ROOT = Table(
    {
        "password_hash": Key(
            kinds_login.password_hash(),
            "The hash of root's password; `hobnail password` makes one.",
            '"$6$…"',
            f"all; $6$ {works('root.password_hash $6$')}",
        ),
        "locked": Key(kinds.boolean(), "No password opens root: keys only.", "true"),
    },
    "The administrator's account. A password in clear text is refused.",
)
_SSH = Table(
    {
        "enabled": Key(kinds.boolean(), "Run the SSH server.", "true"),
        "authorized_keys": Key(
            kinds.list_of(kinds_login.authorized_key(), "a list of lines of authorized_keys"),
            "Who may log in as root.",
            '["ssh-ed25519 AAAA… me"]',
        ),
        "authorized_keys_file": Key(
            kinds_login.source("authorized_keys"), "The same from a file; both together are taken.", '"keys.pub"'
        ),
        "keep_host_keys": Key(kinds.boolean(), "The host's own keys are made once and survive its boots.", "true"),
    },
    "The SSH server.",
    groups=(frozenset({"authorized_keys", "authorized_keys_file"}),),
)
_CONSOLE = Table(
    {
        "serial": Key(_COMPORT, "The serial port that the console (DCUI) goes to.", '"com1"', works("serial")),
        "log": Key(_COMPORT, "The serial port that the kernel's log goes to.", '"com1"', works("serial")),
        "speed": Key(
            kinds.choice(9600, 19200, 38400, 57600, 115200),
            "Baud of the serial ports.",
            "115200",
            works("serial_speed"),
        ),
        "welcome": Key(
            kinds.long_text("a text of at most 4096 bytes", longest=4096),
            "Shown on the console.",
            '"Rack 4. Ask Ada."',
        ),
    },
    "What is seen in front of the machine.",
)


def _content(purpose: str, text: str, file: str) -> dict[str, Key | Table | Named]:
    return {
        "content": Key(kinds_login.content(purpose), "What is in it.", text, empty_is_value=True),
        "source": Key(kinds_login.source(purpose), "A file with what is in it.", file),
    }


_EITHER = frozenset({"content", "source"})
_ID = kinds.integer(0, 2097151)  # what ustar's field of 7 octal digits holds

_FILES = Named(
    Table(
        {
            **_content("", r'"hello\n"', '"files/motd"'),
            "owner": Key(_ID, "The number of its owner.", "0"),
            "group": Key(_ID, "The number of its group.", "0"),
            "mode": Key(kinds.octal_mode(), 'Its mode, "0644" if not said.', '"0600"'),
        },
        groups=(_EITHER,),
        required=(_EITHER,),
        alone=(_EITHER,),
    ),
    kinds.absolute_path("an absolute path on the host"),
    "Files that are laid over the image, by their path there.",
    example='"/etc/motd"',
)
_SCRIPTS = Named(
    Table(
        {
            "when": Key(
                kinds.choice("early", "late"),
                "Before the management agents start, or after: late if not said.",
                '"early"',
            ),
            **_content("script", r'"#!/bin/sh\nlogger hello\n"', '"scripts/hello.sh"'),
        },
        groups=(_EITHER,),
        required=(_EITHER,),
        alone=(_EITHER,),
    ),
    kinds.pattern("a name of letters, digits, - and _", _FILE_NAME, example="hello"),
    "Scripts that the host runs at each boot, in the order of their names. Their first line is `#!/bin/sh`.",
    example="hello",
)
_BESIDE = frozenset({"before", "after"})
_MODULES = Named(
    Table(
        {
            "source": Key(kinds_login.source("module"), "The file.", '"modules/driver.tgz"'),
            "before": Key(
                kinds.text("the name of a module"), "Loaded right before this module of the image.", '"s.v00"'
            ),
            "after": Key(
                kinds.text("the name of a module"), "Loaded right after this module of the image.", '"s.v00"'
            ),
        },
        groups=(_BESIDE,),
        required=(frozenset({"source"}),),
        alone=(_BESIDE,),
    ),
    kinds.pattern("a file name", _FILE_NAME, example="driver.tgz"),
    "Ready-made modules (tgz, vgz), by the name that they get. After the image's own if nothing is said.",
    example='"driver.tgz"',
)
_DISK = frozenset({"disk", "first_disk"})
_INSTALL = Table(
    {
        "disk": Key(kinds.text("a disk's name"), "The disk to install to.", '"naa.600508b1001c"'),
        "first_disk": Key(
            kinds.text("types of disks"), "What kinds of disks may be taken, the best first.", '"ST300,local"'
        ),
        "overwrite_vmfs": Key(kinds.boolean(), "Overwrite a datastore on that disk, or (false) keep it.", "false"),
        "min_size": Key(kinds.size_in_bytes(), "Only disks of at least this size.", '"40 GB"'),
        "max_size": Key(kinds.size_in_bytes(), "Only disks of at most this size.", '"500 GB"'),
        "model": Key(kinds.text("a part of a model's name"), "Only disks whose model has this in it.", '"PERC"'),
        "transport": Key(kinds.text("sas, sata, nvme, usb …"), "Only disks that are connected so.", '"sata"'),
        "accept_eula": Key(kinds.boolean(), "You have read the vendor's licence and accept it.", "true"),
        "dry_run": Key(kinds.boolean(), "Go through the installation and write nothing.", "true"),
        "keyboard": Key(kinds.text("the name of a keyboard layout"), "The keyboard's layout.", '"German"'),
        "deliver": Key(kinds.choice("http", "overlay"), "How the installer gets its script.", '"overlay"'),
    },
    'What a scripted installation does, with mode = "install".',
    BOOT_CONFIG,
    groups=(_DISK,),
    alone=(_DISK,),
)

SETTINGS: dict[str, Key | Table | Named] = {
    "image": Key(
        kinds.text("a reference to an image"), "What to boot; the store's default image if not said.", '"8.0.3"'
    ),
    "mode": Key(
        kinds.choice("stateless", "install"), "Run from RAM, or install to a disk.", '"install"', BOOT_CONFIG
    ),
    "boot": BOOT,
    "root": _ROOT,
    "ssh": _SSH,
    "shell": Table(
        {"enabled": Key(kinds.boolean(), "Switch the ESXi shell on or off.", "true", "all on, 4.1 and later off")}
    ),
    "tls": Table(
        {
            "keep_certificate": Key(
                kinds.boolean(), "The host's TLS key and certificate are made once and kept.", "true"
            )
        }
    ),
    "identity": IDENTITY,
    "dns": DNS,
    "ntp": NTP,
    "syslog": SYSLOG,
    "network": NETWORK,
    "nfs": NFS,
    "license": Table(
        {
            "key": Key(
                kinds_login.license_key(),
                "The licence key.",
                '"AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"',
                works("license_key"),
            )
        }
    ),
    "scratch": Table(
        {
            "path": Key(
                kinds.absolute_path("an absolute path on a datastore"), "Scratch.", '"/vmfs/volumes/nfs1/.locker-a"'
            )
        }
    ),
    "advanced": Named(
        Key(kinds.number_or_text(), "Its value.", "1", empty_is_value=True),
        kinds.absolute_path("the path of an option such as /UserVars/SuppressShellWarning"),
        "Advanced options, by their path.",
        example='"/UserVars/SuppressShellWarning"',
    ),
    "console": _CONSOLE,
    "firewall": Named(
        Key(kinds.boolean(), "Open (true) or closed (false).", "true", works("firewall")),
        kinds.pattern("the name of a ruleset", r"[A-Za-z0-9_.-]{1,64}", example="sshServer"),
        "Rulesets of the firewall, by name. Here `false` closes a ruleset; it does not take an inherited one back.",
        works("firewall"),
        removable=False,
        example="sshServer",
    ),
    "files": _FILES,
    "scripts": _SCRIPTS,
    "modules": _MODULES,
    "install": _INSTALL,
}
"""What [defaults], a profile and a host can all say."""

_NAMES = kinds.list_of(
    kinds.pattern("the name of a profile", r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,63}"),
    "the name of a profile, or a list of names",
    or_one=True,
)
_WORDS = kinds.firmware_text()

HOST_KEYS: dict[str, Key | Table | Named] = {
    "mac": Key(
        kinds.list_of(kinds_network.mac(), "a MAC address such as 52:54:00:4c:00:01, or a list of them", or_one=True),
        "The cards that it may boot from.",
        '"52:54:00:4c:00:01"',
    ),
    "uuid": Key(kinds.uuid(), "SMBIOS: the system's UUID.", '"4c4c4544-0042-3510-8052-b4c04f4e3153"'),
    "serial": Key(_WORDS, "SMBIOS: the system's serial number.", '"CZ3521YAKJ"'),
    "asset": Key(_WORDS, "SMBIOS: the chassis' asset tag.", '"rack4-u12"'),
    "profile": Key(_NAMES, "The profile, or several: the later win.", '["lab", "quiet"]'),
    "address": Key(
        kinds_network.address(), "The address that our DHCP server keeps for it, for the first `mac`.", '"10.0.0.21"'
    ),
}
PROFILE_KEYS: dict[str, Key | Table | Named] = {
    "inherits": Key(_NAMES, "The profile, or several, that this one builds on: the later win.", '"lab"'),
}

_PROFILE_NAME = kinds.pattern("a name of letters, digits, . - _", r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,63}", example="lab")
_HOST_NAME = kinds.pattern("a name of letters, digits, . - _", r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", example="esx01")

DOCUMENT = Table(
    {
        "defaults": Table(SETTINGS, "For every host, those that are not in the file among them."),
        "images": Named(
            Table({"boot": BOOT}),
            kinds.text("a reference to an image"),
            "What an image needs wherever it is booted.",
            removable=False,
            example='"8.0.3"',
        ),
        "profiles": Named(
            Table({**PROFILE_KEYS, **SETTINGS}),
            _PROFILE_NAME,
            "Settings under a name.",
            removable=False,
            example="lab",
        ),
        "hosts": Named(
            Table({**HOST_KEYS, **SETTINGS}), _HOST_NAME, "The machines.", removable=False, example="esx01"
        ),
    }
)
"""A whole settings file."""
