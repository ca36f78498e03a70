"""Each thing that is refused: one message with file, line, key, value and what to do."""

import pytest

from hobnail.profile.document import read_document
from hobnail.profile.problems import InvalidSettingsError
from tests.profile.settings_files import HASH, KEY, errors

P = "[profiles.lab]\n"
HOST = '[hosts.a]\nmac = "52:54:00:00:00:01"\n'

VALUES = [
    (
        "boot.timeout = 5.0",
        "boot.timeout = 5.0: is not a whole number from 0 to 3600 (seconds); for example: timeout",
    ),
    ("boot.timeout = true", "boot.timeout = true: is not a whole number"),
    ("boot.timeout = -1", "boot.timeout = -1: is not a whole number from 0"),
    ('boot.slim = "yes"', 'boot.slim = "yes": is not true or false; for example: slim = true'),
    ("boot.slim = 2026-01-01", "boot.slim = 2026-01-01: is not true or false"),
    ('boot.kernel_options = "a --- b"', "cannot be handed to a kernel; use printable ASCII"),
    (r'boot.kernel_options = "a\nb"', "has a line break or another control character in it"),
    ('boot.loader_options = "-c x"', "are not options of mboot that can be set here; use -S PORT"),
    ("boot.tftp_block_size = 1", "from 512 to 65464 (bytes)"),
    ('mode = "diskless"', 'mode = "diskless": is not one of "stateless", "install"; for example: mode = "install"'),
    (
        'root.password_hash = "secret1"',
        "no password hash, perhaps a password in clear text; `hobnail password` makes",
    ),
    ('root.password_hash = "$6$abc$def"', "is a hash that is damaged: its length"),
    ('root.password_hash = "$y$j9T$abc$def"', "is a hash of a kind that hosts may not read"),
    (
        'root.password = "secret1"',
        "profiles.lab.root.password: would keep a password in clear text, which is refused; `hob",
    ),
    ('password = "secret1"', "profiles.lab.password: would keep a password in clear text"),
    ('rootpw = "secret1"', "profiles.lab.rootpw: would keep a password in clear text"),
    ('root = "secret1"', "profiles.lab.root = (not shown): is not a table"),
    (f'ssh.authorized_keys = "{KEY}"', "is not a list of lines of authorized_keys; write a list"),
    ('ssh.authorized_keys = ["hello"]', "entry 1 is no line of authorized_keys; write it like: ssh-ed25519 AAAA"),
    ('ssh.authorized_keys = ["ssh-rsa AAAAB3NzaC1yc2"]', "entry 1 is no whole ssh-rsa key; copy the whole line"),
    (f'ssh.authorized_keys = ["{KEY.replace("ed25519 ", "rsa ")}"]', "entry 1 is no whole ssh-rsa key"),
    (
        'ssh.authorized_keys = ["-----BEGIN OPENSSH PRIVATE KEY----- secret1"]',
        "entry 1 is a private key; keep that secret",
    ),
    (f'ssh.authorized_keys = ["{KEY}", "{KEY}"]', "has an entry twice; leave one of them out"),
    ('identity.host_name = "esx.lab.example"', "is no name of a host; put what follows the first dot into `domain`"),
    ('identity.host_name = "esx_1"', "is no name of a host; use letters, digits, hyphens"),
    ('identity.domain = "lab..example"', "is not a domain such as lab.example"),
    ('dns.servers = ["10.0.0"]', "entry 1 is not an IPv4 address such as 10.0.0.5"),
    ('dns.servers = ["10.0.0.256"]', "entry 1 is not an IPv4 address"),
    ('ntp.servers = ["0.0.0.0"]', "entry 1 is no address that a machine can have"),
    ('syslog.target = "ftp://x"', 'syslog.target = "ftp://x": is not a target such as udp://10.0.0.9:514'),
    ('syslog.target = "udp://x:99999"', "is not a target such as"),
    ('network.management.address = "10.0.0.5"', "does not say its network; write the prefix after it: 10.0.0.5/24"),
    ('network.management.address = "10.0.0.5/33"', "is not an IPv4 address with its prefix"),
    ('network.management.address = "10.0.0.0/24"', "is the address of the network 10.0.0.0/24 itself"),
    (
        'network.management = { dhcp = true, address = "10.0.0.5/24" }',
        "stands beside an address; leave one of them out",
    ),
    ("network.management.dhcp = false", "gives the host no address; write the address beside it"),
    ("network.management.vlan = 4095", "is not a whole number from 0 to 4094; for example: vlan = 12"),
    ('network.management.uplink = "eth0"', '"eth0": is no MAC address; write it like 52:54:00:4c:00:01'),
    (
        'network.switch."v s".mtu = 9000',
        '"v s" is not the name of a vSwitch, at most 32 characters; write it like vSw',
    ),
    ("network.switch.v1.mtu = 100", "is not a whole number from 1280 to 9000 (bytes)"),
    (
        'network.port_group.A = "vSwitch0"',
        '= "vSwitch0": is not a table; write [profiles.lab.network.port_group.A] abo',
    ),
    ('network.vmkernel.vmk0.port_group = "A"', "is the management network's own port; set it under"),
    ('network.vmkernel.eth1.port_group = "A"', "is no name of a VMkernel port; call it vmk1, vmk2 …"),
    ('network.vmkernel.vmk1.services = ["vMotion"]', 'entry 1 is not one of "management", "vmotion"'),
    ('nfs."a/b".server = "x"', '"a/b" is not a label of at most 42 characters without /'),
    ('nfs.a.share = "export"', 'nfs.a.share = "export": is not an absolute path; begin it with /'),
    ('nfs.a.version = "4"', 'is not one of "3", "4.1"'),
    ('license.key = "AAAAA-BBBBB-CCCCC-DDDDD"', "license.key: is no licence key; write five groups of five"),
    ('scratch.path = "/vmfs/../etc"', "has .. in it; write the path without detours"),
    ('advanced."UserVars/X" = 1', '"UserVars/X" is not an absolute path; begin it with /'),
    ('advanced."/UserVars/X" = true', "is no value of an advanced option; write 1"),
    ('advanced."/UserVars/X" = [1]', "= [1]: is not a whole number or a text"),
    ('console.serial = "ttyS0"', 'is not one of "com1", "com2"'),
    ("console.speed = 1200", "is not one of 9600, 19200"),
    (f'console.welcome = "{"x" * 5000}"', "is 5000 bytes long, 4096 is the limit; shorten it"),
    (r'console.welcome = "\u0007"', "has a control character in it"),
    ('firewall."a b" = true', '"a b" is not the name of a ruleset'),
    ('firewall.sshServer = "open"', 'firewall.sshServer = "open": is not true or false'),
    ('files."etc/x".content = ""', '"etc/x" is not an absolute path'),
    ('files."/etc/../x".content = ""', '"/etc/../x" has .. in it'),
    ('files."/etc/".content = ""', "is not the path of a file; write it like /etc/motd"),
    (f'files."/{"x" * 300}".content = ""', "is longer than 255 bytes"),
    (
        'files."/etc/x".mode = 644',
        'mode = 644: is not octal digits as a text, like "0644"; write it as a text in octal',
    ),
    ('files."/etc/x" = { content = "", mode = "0888" }', "is not octal digits"),
    ('files."/etc/x" = { content = "", owner = -1 }', "owner = -1: is not a whole number from 0 to 2097151"),
    ('files."/etc/x" = { content = "", source = "x" }', "source: stands beside content; leave one of them out"),
    ('files."/etc/x".source = "../x"', '= "../x": has .. in it; put the file beside the settings file'),
    ('files."/etc/x".source = "x/"', "is the name of a folder; name a file"),
    ('files."/etc/x".mode = "0644"', 'files."/etc/x": lacks content or source'),
    (
        'scripts.a.content = "echo"',
        "scripts.a.content: does not begin with #!; make `#!/bin/sh` its first line: ESXi 8 r",
    ),
    (r'scripts.a.content = "#!/bin/sh\r\necho\r\n"', "has Windows line ends; convert it"),
    ('scripts.a = { when = "now", content = "#!/bin/sh" }', 'when = "now": is not one of "early", "late"'),
    ('scripts."a/b".content = "#!/bin/sh"', '"a/b" is not a name of letters, digits, - and _; write it like hello'),
    (
        'scripts.a.when = "late"',
        "scripts.a: lacks content or source (seen for profile lab); add content = … or source = …",
    ),
    ('modules."../x.tgz".source = "x"', '"../x.tgz" is not a file name'),
    ('modules."x.tgz" = { source = "x", before = "a", after = "b" }', "before: stands beside after; leave one of"),
    ('modules."x.tgz".after = "s.v00"', 'modules."x.tgz": lacks source (seen for profile lab); add source = …'),
    ('install = { disk = "naa.1", first_disk = "local" }', "first_disk: stands beside disk"),
    ('install.min_size = "big"', 'install.min_size = "big": is not a size such as "40 GB"'),
    ("inherits = 5", "inherits = 5: is not the name of a profile, or a list of names"),
    ("inherits = [5]", "inherits = [5]: entry 1 is not the name of a profile"),
    ('inherits = "lob"', 'inherits: there is no profile "lob"; did you mean lab?'),
    ('inherits = "lab"', "profiles inherit in a circle: lab -> lab; take one of them out"),
    ("boot.timout = 5", "profiles.lab.boot.timout: there is no such key; did you mean timeout?"),
    ("timeout = 5", "profiles.lab.timeout: there is no such key; did you mean boot.timeout?"),
    ("Boot.timeout = 5", "profiles.lab.Boot: there is no such key; did you mean boot?"),
    ('hostname = "x"', "profiles.lab.hostname: there is no such key; did you mean identity.host_name?"),
    ('profile = "x"', "profiles.lab.profile: there is no such key; did you mean inherits?"),
    ("zzz = 5", "profiles.lab.zzz: there is no such key; there are: advanced, boot"),
    ('mac = "52:54:00:00:00:01"', "profiles.lab.mac: there is no such key"),
    ("boot = 5", "profiles.lab.boot = 5: is not a table; write [profiles.lab.boot] above its keys"),
    ("nfs = [1]", "profiles.lab.nfs = [1]: is not a table"),
    (
        'network.port_group.A.switch = "vSwitch1"',
        'switch = "vSwitch1": there is no such vSwitch (seen for profile lab)',
    ),
    ('network.vmkernel.vmk1.port_group = "A"', 'add [network.port_group."A"]'),
    ("network.vmkernel.vmk1.mtu = 9000", "vmk1: lacks port_group"),
    ('nfs.a.server = "x"', "nfs.a: lacks share (seen for profile lab); add share = …"),
    ('nfs = {a={server="x",share="/s"}, b={server="x",share="/s"}}', "is the export that a is too"),
    ('network.switch = {a={uplinks=["vmnic1"]}, b={uplinks=["vmnic1"]}}', "vmnic1 is an uplink of a already"),
    ('files = {"/a"={content=""}, "/a/b"={content=""}}', "stands below /a, which is a file"),
    (
        'network = { management = { address = "10.0.0.5/24", gateway = "10.0.1.1" } }',
        'gateway = "10.0.1.1": is outside the host\'s network 10.0.0.0/24',
    ),
    ('network.management = { address = "10.0.0.5/24", gateway = "10.0.0.5" }', "is the host's own address"),
]


@pytest.mark.parametrize(("line", "words"), VALUES, ids=[line[:40] for line, _ in VALUES])
def test_a_value_that_is_refused(line: str, words: str) -> None:
    (message,) = errors(f"# {HASH}\n\n{P}{line}\n")
    assert message.startswith("a.toml:4: profiles.lab.")
    assert words in message
    assert "\n" not in message
    assert "secret1" not in message
    assert "; " in message, "it says what to do"


WHOLE = [
    ("[profile.lab]\n", "a.toml:1: profile: there is no such key; did you mean profiles?"),
    ("profiles = 5\n", "a.toml:1: profiles = 5: is not a table"),
    ("profiles.x = false\n", "a.toml:1: profiles.x = false: is not a table"),
    ('[hosts.a]\ninherits = "x"\n', "a.toml:2: hosts.a.inherits: there is no such key; did you mean profile?"),
    ("[defaults]\nmac = 1\n", "a.toml:2: defaults.mac: there is no such key"),
    ('[defaults]\ninherits = "x"\n', "a.toml:2: defaults.inherits: there is no such key"),
    ("defaults = []\n", "a.toml:1: defaults = []: is not a table"),
    ('[images."8.0"]\nimage = "x"\n', 'a.toml:2: images."8.0".image: there is no such key; there are: boot'),
    ("[images.x.ssh]\nenabled = true", "a.toml:1: images.x.ssh: there is no such key; there are: boot"),
    (
        '[profiles."a/b"]\n',
        'a.toml:1: profiles."a/b": "a/b" is not a name of letters, digits, . - _; write it like lab',
    ),
    ('[hosts."a b"]\n', 'a.toml:1: hosts."a b": "a b" is not a name of letters'),
    (
        '[hosts.a]\nmac = "52:54"\n',
        'a.toml:2: hosts.a.mac = "52:54": entry 1 is no MAC address; write it like 52:54:00',
    ),
    ('[hosts.a]\nmac = "01:54:00:00:00:00"\n', "entry 1 is no address of one card"),
    ('[hosts.a]\nuuid = "x"\n', "a.toml:2: hosts.a.uuid"),
    ('[hosts.a]\nuuid = "00000000-0000-0000-0000-000000000000"\n', "is what every machine without a UUID says"),
    ('[hosts.a]\nserial = "None"\n', 'hosts.a.serial = "None": is what many machines say, so it names none; tell'),
    ('[hosts.a]\nserial = " default  string"\n', "is what many machines say, so it names none"),
    ('[hosts.a]\nasset = "To Be Filled By O.E.M."\n', "is what many machines say, so it names none"),
    ('[hosts.a]\nasset = "...."\n', "is what many machines say, so it names none"),
    (f'[hosts.a]\nserial = "{"x" * 65}"\n', "is longer than 64 characters; write it as `dmidecode` shows it"),
    ('[hosts.a]\naddress = "10.0.0.5/24"\n', "a.toml:2: hosts.a.address"),
    ('[hosts.a]\nprofile = "x"\n', 'a.toml:2: hosts.a.profile: there is no profile "x"; there are: none'),
    (
        '[hosts."esx.lab"]\n',
        'a.toml:1: hosts."esx.lab": "esx.lab" cannot be the name of a host (seen for host esx.lab)',
    ),
    ('[hosts.a]\nnetwork.management.gateway = "10.0.0.1"\n', "stands without an address (seen for host a)"),
    (
        HOST + HOST.replace(".a", ".b"),
        "a.toml:4: hosts.b.mac: host b has the MAC address 52:54:00:00:00:01, and so has",
    ),
    ("a = \n", "a.toml:1: no TOML, column 5: Invalid value"),
    ("[hosts.a]\nmac = 52:54:00:00:00:01\n", "a.toml:2: no TOML, column 9"),
    ('a = """\nx\n', "a.toml:2: no TOML"),
    ("a = 1\nb = 2\na = 3\n", "a.toml:3: no TOML, column 6: Cannot overwrite a value"),
    ("[a]\n[a]\n", "a.toml:2: no TOML"),
    ("a = " + "[" * 5000, "a.toml: lists or tables are nested too deep"),
]


@pytest.mark.parametrize(("text", "words"), WHOLE, ids=[text[:30] for text, _ in WHOLE])
def test_a_document_that_is_refused(text: str, words: str) -> None:
    (message,) = errors(text)
    assert words in message
    assert message.startswith("a.toml:")


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ('mac = "52-54-00-AA-00-01"', 'mac = ["52:54:00:aa:00:01"]', "MAC address"),
        ('uuid = "4C4C4544-0042-3510-8052-b4c04f4e3153"', 'uuid = "4c4c4544-0042-3510-8052-b4c04f4e3153"', "UUID"),
        ('uuid = "4c4c4544-0042-3510-8052-b4c04f4e3153"', 'uuid = "44454c4c-4200-1035-8052-b4c04f4e3153"', "UUID"),
        ('serial = " AB1"', 'serial = "ab1"', "serial number"),
        ('serial = "A  B1"', 'serial = "a b1"', "serial number"),
        ('asset = "x"', 'asset = "x"', "asset tag"),
        ('address = "10.0.0.5"', 'address = "10.0.0.5"', "address"),
        ('address = "10.0.0.5"', 'network.management.address = "10.0.0.5/24"', "address"),
        (
            'network.management.address = "10.0.0.5/24"',
            'network.vmkernel.vmk1 = {port_group = "g", address = "10.0.0.5/16"}\nnetwork.port_group.g = {}',
            "address",
        ),
        ('identity.host_name = "x"', 'identity.host_name = "X"', "host name"),
        ('identity = {host_name = "x", domain = "d"}', 'identity = {host_name = "x", domain = "d"}', "host name"),
    ],
)
def test_what_two_hosts_may_not_share(one: str, other: str, what: str) -> None:
    (message,) = errors(f"[hosts.a]\n{one}\n[hosts.b]\n{other}\n")
    assert f"host b has the {what} " in message
    assert "so has host a (a.toml:2)" in message
    assert not errors(f"[hosts.a]\n{one}\n[hosts.b]\n")


def test_a_longer_circle_is_named() -> None:
    text = '[profiles.a]\ninherits = "b"\n[profiles.b]\ninherits = ["c"]\n[profiles.c]\ninherits = "a"\n'
    (message,) = errors(text)
    assert (
        message
        == "a.toml:6: profiles.c.inherits: profiles inherit in a circle: a -> b -> c -> a; take one of them out"
    )


def test_every_problem_gets_its_message() -> None:
    found = errors("[profiles.a]\nx = 1\nboot.timeout = 'a'\n[hosts.b]\ny = 2\nprofile = 'z'\n")
    assert [message.split(": ")[1].split(" =")[0] for message in found] == [
        "profiles.a.x",
        "profiles.a.boot.timeout",
        "hosts.b.y",
        "hosts.b.profile",
    ]


def test_a_part_of_a_whole_is_checked_as_the_whole() -> None:
    part = '[profiles.groups.network.port_group.A]\nswitch = "vSwitch1"\n'
    whole = '[profiles.switches.network.switch.vSwitch1]\nuplinks = ["vmnic1"]\n'
    assert errors(part)
    assert not errors(f'{part}{whole}[hosts.a]\nprofile = ["groups", "switches"]\n')
    (message,) = errors(f'{part}{whole}[hosts.a]\nprofile = "groups"\n')
    assert "seen for host a" in message
    assert message.startswith("a.toml:2: ")


def test_a_key_that_two_files_say() -> None:
    texts = [
        ("a.toml", b"[profiles.lab]\nimage = 'x'\n[hosts.h]\n"),
        ("b.toml", b"[profiles]\nlab.image = 'y'\nhosts = 1\n"),
    ]
    with pytest.raises(InvalidSettingsError) as raised:
        read_document(texts)
    (message,) = (str(one) for one in raised.value.errors)
    assert message == "b.toml:2: profiles.lab.image is set in a.toml:2 too; leave one of them out"


def test_a_table_in_one_file_is_a_value_in_the_other() -> None:
    with pytest.raises(InvalidSettingsError, match=r"^b.toml:1: profiles is set in a.toml:1 too"):
        read_document([("a.toml", b"[profiles.lab]\n"), ("b.toml", b"profiles = 1\n")])


def test_no_utf_8() -> None:
    with pytest.raises(InvalidSettingsError, match=r"^a.toml:2: byte 0xe9 is no UTF-8; save the file as UTF-8$"):
        read_document([("a.toml", b"# x\n# caf\xe9\n")])


def test_every_file_that_is_no_toml_gets_its_message() -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        read_document([("a.toml", b"a"), ("b.toml", b"\nb"), ("c.toml", b"\xef\xbb\xbfc = 1\r\n")])
    assert [str(one)[:17] for one in raised.value.errors] == ["a.toml:1: no TOML", "b.toml:2: no TOML"]
