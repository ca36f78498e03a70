"""The script of %pre, run in the shells that it may meet, on lists of disks as hosts print them."""

from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.profile.kickstart.disk import INCLUDE, pre_script
from hobnail.profile.settings import Install
from tests.profile.kickstart.hosts import SHELLS, ScriptHost

GB = 10**9
INTERNAL = "naa.600605b0"
SECOND = "naa.600605b1"


def device(name: str, size: int, model: str, **facts: str) -> str:
    """A disk, as `localcli storage core device list` prints it: names end with a colon, values with blanks."""
    values = {
        "Display Name": f"Local Disk ({name})",
        "Has Settable Display Name": "true",
        "Size": str(size),
        "Device Type": "Direct-Access ",
        "Vendor": "LSI     ",
        "Model": f"{model}  ",
        "Is Pseudo": "false",
        "Status": "on",
        "Is Local": "true",
        "Is Offline": "false",
        "Queue Full Sample Size": "0",
        "Attached Filters": "",
        "Is Local SAS Device": "false",
        "Is USB": "false",
    }
    values.update({key.replace("_", " "): value for key, value in facts.items()})
    return f"{name}:\n" + "".join(f"   {key}: {value}\n" for key, value in values.items()) + "\n"


def path(name: str, transport: str) -> str:
    return (
        f"x.vmhba0-{name}:\n   Runtime Name: vmhba0:C0:T0:L0\n   Device: {name}\n"
        f"   Device Display Name: Disk ({name})\n   Adapter: vmhba0\n   State: active\n   Transport: {transport}\n"
        f"   Adapter Transport Details: Unavailable or path is unclaimed\n\n"
    )


DEVICES = (
    device("mpx.vmhba33:C0:T0:L0", 0, "DVD-RW", Device_Type="CD-ROM ")
    + device(INTERNAL, 953869, "PERC H730 Mini")
    + device("naa.600a0b80", 953869, "Universal", Is_Local="false", Vendor="NETAPP")
    + device("mpx.vmhba32:C0:T0:L0", 15193, "Cruzer Blade", Is_USB="true", Vendor="SanDisk")
    + device("t10.NVMe____SSDPE2KX010T8____01", 953869, "SSDPE2KX010T8", Vendor="NVMe    ")
    + device("t10.ATA_____ST1000DM003__Z9A3", 457862, "ST1000DM003-1SB1", Vendor="ATA     ")
    + device("naa.0ffline", 953869, "PERC H730 Mini", Is_Offline="true")
    + device("naa.pseudo", 953869, "PERC H730 Mini", Is_Pseudo="true")
    + device("naa.$(reboot)", 953869, "PERC H730 Mini")
)
PATHS = (
    path(INTERNAL, "sas")
    + path(INTERNAL, "usb")  # the first path counts
    + path("naa.600a0b80", "fc")
    + path("mpx.vmhba32:C0:T0:L0", "usb")
    + path("t10.NVMe____SSDPE2KX010T8____01", "pcie")
)


@pytest.fixture(params=SHELLS)
def host(request: pytest.FixtureRequest, tmp_path: Path, applets: Path) -> ScriptHost:
    made = ScriptHost(tmp_path, request.param, applets)
    made.stub("logger")
    made.stub("reboot")
    lists(made, DEVICES, PATHS)
    return made


def lists(host: ScriptHost, devices: str, paths: str, command: str = "localcli") -> None:
    host.root.joinpath("devices").write_text(devices)
    host.root.joinpath("paths").write_text(paths)
    host.stub(command, f'[ "$*" = "storage core $3 list" ] || exit 1\ncat {host.root}/"$3"s')


RULES = [
    (Install(model="PERC"), INTERNAL),
    (Install(model="perc h730"), INTERNAL),
    (Install(model="NVME"), None),  # the model, not the vendor
    (Install(transport="sas"), INTERNAL),
    (Install(transport="SAS"), INTERNAL),
    (Install(transport="usb"), "mpx.vmhba32:C0:T0:L0"),
    (Install(transport="nvme"), "t10.NVMe____SSDPE2KX010T8____01"),
    (Install(transport="sata"), "t10.ATA_____ST1000DM003__Z9A3"),
    (Install(transport="fc"), "naa.600a0b80"),
    (Install(max_size=20 * GB), "mpx.vmhba32:C0:T0:L0"),
    (Install(min_size=400 * GB, max_size=500 * GB), "t10.ATA_____ST1000DM003__Z9A3"),
    (Install(min_size=953869 << 20, transport="nvme"), "t10.NVMe____SSDPE2KX010T8____01"),
    (Install(min_size=(457862 << 20) + 1, max_size=500 * GB), None),
    (Install(max_size=(15193 << 20) - 1), None),
    (Install(max_size=15193 << 20), "mpx.vmhba32:C0:T0:L0"),
    (Install(min_size=600 * GB), None),  # two local ones; that of the storage network is not asked
    (Install(model="Universal"), None),  # not local
    (Install(model="DVD"), None),
    (Install(model="P.RC"), None),
    (Install(model="-e"), None),
    (Install(model="'; reboot; '"), None),
]


@pytest.mark.parametrize(("install", "chosen"), RULES, ids=lambda value: str(value)[:60])
def test_the_one_that_fits(host: ScriptHost, install: Install, chosen: str | None) -> None:
    done = host.run(pre_script(install))
    file = host.root / INCLUDE.removeprefix("/")
    if chosen is None:
        assert done.returncode == 1, done.stderr
        assert not file.exists()
    else:
        assert done.returncode == 0, done.stderr
        assert file.read_text() == f"install --disk={chosen}\n"
        assert f"hobnail: installing to {chosen}" in done.stderr
    assert not [call for call in host.calls if call.startswith("reboot")]  # nothing of what was read was run


@pytest.mark.parametrize(("overwrite", "flags"), [(None, ""), (True, " --overwritevmfs"), (False, " --preservevmfs")])
def test_what_becomes_of_a_datastore(host: ScriptHost, overwrite: bool | None, flags: str) -> None:
    assert host.run(pre_script(Install(transport="sas", overwrite_vmfs=overwrite))).returncode == 0
    assert (host.root / INCLUDE.removeprefix("/")).read_text() == f"install --disk={INTERNAL}{flags}\n"


def test_none_is_told_with_all_that_there_is(host: ScriptHost) -> None:
    done = host.run(pre_script(Install(model="HUSMM", min_size=100 * GB)))
    first, *rest = done.stderr.splitlines()
    assert first == "hobnail: no disk fits: model HUSMM, at least 95368 MB. The host has:"
    assert f"  {INTERNAL}: 953869 MB, PERC H730 Mini, sas: another model" in rest
    assert "  mpx.vmhba32:C0:T0:L0: 15193 MB, Cruzer Blade, usb: too small" in rest
    assert rest[-1] == "hobnail: nothing was installed; say more of the disk under install in the profile"
    assert not any("DVD" in line or "pseudo" in line for line in rest)


def test_two_are_told_and_none_is_taken(host: ScriptHost) -> None:
    lists(host, DEVICES + device(SECOND, 953869, "PERC H730 Mini"), PATHS + path(SECOND, "sas"))
    done = host.run(pre_script(Install(model="PERC")))
    assert done.returncode == 1
    assert "hobnail: 2 disks fit: model PERC. The host has:" in done.stderr
    assert f"  {SECOND}: 953869 MB, PERC H730 Mini, sas\n" in done.stderr
    assert not (host.root / INCLUDE.removeprefix("/")).exists()


def test_what_was_chosen_before_does_not_stay(host: ScriptHost) -> None:
    assert host.run(pre_script(Install(model="PERC"))).returncode == 0
    assert host.run(pre_script(Install(model="none"))).returncode == 1
    assert not (host.root / INCLUDE.removeprefix("/")).exists()


def test_a_disk_behind_pcie_is_nvme_whatever_its_name(host: ScriptHost) -> None:
    lists(host, device("eui.0025385", 1024, "MZVL"), path("eui.0025385", "pcie"))
    assert host.run(pre_script(Install(transport="nvme"))).returncode == 0


def test_without_localcli_esxcli_is_asked(host: ScriptHost) -> None:
    (host.root / "stubs" / "localcli").unlink()
    lists(host, DEVICES.replace(":\n   Display", "\n   Display"), PATHS, "esxcli")  # esxcli has no colon after names
    assert host.run(pre_script(Install(model="PERC"))).returncode == 0
    assert (host.root / INCLUDE.removeprefix("/")).read_text() == f"install --disk={INTERNAL}\n"


def test_without_either_nothing_is_installed(host: ScriptHost) -> None:
    (host.root / "stubs" / "localcli").unlink()
    done = host.run(pre_script(Install(model="PERC")))
    assert done.returncode == 1
    assert "hobnail: the list of disks cannot be had" in done.stderr


def test_without_paths_the_transport_is_not_guessed(host: ScriptHost) -> None:
    (host.root / "paths").unlink()
    assert host.run(pre_script(Install(transport="sas"))).returncode == 1
    assert host.run(pre_script(Install(transport="usb"))).returncode == 0  # the disk itself says so
    assert host.run(pre_script(Install(model="PERC"))).returncode == 0


def test_a_host_without_a_disk(host: ScriptHost) -> None:
    lists(host, "", "")
    done = host.run(pre_script(Install(model="PERC")))
    assert done.returncode == 1
    assert "no disk fits: model PERC. The host has: no disk" in done.stderr


def test_hundreds_of_disks(host: ScriptHost) -> None:
    many = "".join(device(f"naa.{number:08x}", 1024, "LUN", Is_Local="false") for number in range(300))
    lists(host, many + DEVICES, "".join(path(f"naa.{number:08x}", "fc") for number in range(300)) + PATHS)
    assert host.run(pre_script(replace(Install(model="PERC"), transport="sas"))).returncode == 0
