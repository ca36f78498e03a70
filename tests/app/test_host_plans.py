"""The plan of each host: what its settings say, what was typed, what is made for it."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from cryptography import x509

from hobnail.app.configuration import load_configuration
from hobnail.app.host_plans import HostPlans, plan_of
from hobnail.boot.plan import PlanOptions
from hobnail.boot.shelf import HostPlan
from hobnail.errors import UserError
from hobnail.image.model import Role
from hobnail.store import Store
from tests.app.settings import NEW, OLD, store_with
from tests.profile.overlay.samples import SHA512

MAC = "52:54:00:4c:00:01"
BASE = "http://10.77.0.1"
DRIVER = gzip.compress(b"driver", mtime=0)
TOKEN = "0" * 31 + "1"


def plans_of(store: Store, options: PlanOptions | None = None, image: str | None = None) -> HostPlans:
    return HostPlans(
        store, load_configuration(store), default=lambda: NEW, options=options or PlanOptions(), image=image
    )


def planned(plans: HostPlans, name: str | None, mac: str | None = MAC) -> HostPlan:
    return plan_of(plans.prepare(plans.host(name) if name else None), mac, TOKEN, BASE)


def overlay(host_plan: HostPlan) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(host_plan.made["hobnail.tgz"].data), mode="r:gz") as archive:
        return {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}  # type: ignore[union-attr]


def test_without_settings_a_host_boots_as_it_always_did(tmp_path: Path) -> None:
    with store_with(tmp_path, "") as store:
        found = planned(plans_of(store, PlanOptions("a=1")), None)
    assert found.plan.image == NEW
    assert found.made == {}
    assert found.plan.command_line == f"a=1 BOOTIF=01-{MAC.replace(':', '-')}"
    assert all(module.role is not Role.OVERLAY for module in found.plan.modules)


def test_a_host_boots_its_own_image_with_its_own_overlay_last(tmp_path: Path) -> None:
    settings = f"""
[defaults]
boot.kernel_options = "of=all"
[profiles.old]
image = "4.0.0"
root.password_hash = "{SHA512}"
[hosts.esx1]
mac = "{MAC}"
profile = "old"
boot.kernel_options = "of=host"
"""
    with store_with(tmp_path, settings) as store:
        plans = plans_of(store, PlanOptions("typed=1", timeout=3))
        found, other = planned(plans, "esx1"), planned(plans, None)
        again = planned(plans_of(store), "esx1")
    assert found.plan.image == OLD
    assert found.plan.command_line.startswith("of=host ")
    assert found.plan.options.timeout == 3, "what was typed counts where nothing was said"
    assert found.plan.modules[-1].name == f"{TOKEN}/hobnail.tgz"
    files = overlay(found)
    assert SHA512 in files["etc/shadow"].decode()
    assert "etc/dropbear/dropbear_rsa_host_key" in files, sorted(files)
    assert other.plan.image == NEW
    assert other.plan.command_line.startswith("of=all ")
    assert again.made == found.made, "the same settings and kept keys: the same bytes"


def test_host_keys_can_be_left_to_the_host(tmp_path: Path) -> None:
    settings = f'[hosts.esx1]\nmac = "{MAC}"\nssh.keep_host_keys = false\ntls.keep_certificate = false\n'
    with store_with(tmp_path, settings) as store:
        files = overlay(planned(plans_of(store), "esx1"))
        assert store.host_secrets.get("esx1") is None
    assert not [name for name in files if "key" in name or "ssl" in name]


INSTALL = f"""
[hosts.esx1]
mac = "{MAC}"
mode = "install"
root.password_hash = "{SHA512}"
network.management = {{ address = "10.77.0.9/24", gateway = "10.77.0.254", vlan = 12 }}
dns.servers = ["10.77.0.2"]
install = {{ accept_eula = true, disk = "mpx.vmhba0:C0:T0:L0", deliver = "DELIVER" }}
"""


def test_an_installation_gets_its_kickstart_by_http_and_calls_back(tmp_path: Path) -> None:
    with store_with(tmp_path, INSTALL.replace("DELIVER", "http")) as store:
        found = planned(plans_of(store), "esx1")
    assert found.installs
    words = found.plan.command_line.split()
    assert f"ks={BASE}/{NEW.short_id}/{TOKEN}/ks.cfg" in words
    assert {"runweasel", "vlanid=12", "ip=10.77.0.9", "netmask=255.255.255.0", "gateway=10.77.0.254"} <= set(words)
    assert "nameserver=10.77.0.2" in words
    script = found.made["ks.cfg"].data.decode()
    assert f"{BASE}/done/{TOKEN}" in script
    assert "--disk=mpx.vmhba0:C0:T0:L0" in script
    assert "hobnail.tgz" not in found.made, "what the settings say is the kickstart's to do"


def test_a_kickstart_in_the_overlay_needs_no_network(tmp_path: Path) -> None:
    with store_with(tmp_path, INSTALL.replace("DELIVER", "overlay")) as store:
        found = planned(plans_of(store), "esx1")
        prepared = plans_of(store).prepare(plans_of(store).host("esx1"))
    assert "ks=file:///ks.cfg" in found.plan.command_line.split()
    assert f"{BASE}/done/{TOKEN}" in overlay(found)["ks.cfg"].decode()
    alone = plan_of(prepared, None)
    assert "/done/" not in overlay(alone)["ks.cfg"].decode(), "written to a stick, there is nobody to call"


def test_a_kickstart_that_was_typed_is_for_hosts_without_one_of_their_own(tmp_path: Path) -> None:
    typed = PlanOptions(mode="install", kickstart="http://x/ks.cfg")
    with store_with(tmp_path, INSTALL.replace("DELIVER", "http")) as store:
        own, other = planned(plans_of(store, typed), "esx1"), planned(plans_of(store, typed), None)
    assert own.installs
    assert "ks=http://x/ks.cfg" not in own.plan.command_line.split()
    assert "ks=http://x/ks.cfg" in other.plan.command_line.split()
    assert not other.installs


def test_modules_of_the_person_s_own_are_placed_and_served(tmp_path: Path) -> None:
    (tmp_path / "driver.tgz").write_bytes(DRIVER)
    settings = f'[hosts.esx1]\nmac = "{MAC}"\nmodules."driver.tgz" = {{ source = "driver.tgz", after = "k.b00" }}\n'
    with store_with(tmp_path, settings) as store:
        found = planned(plans_of(store), "esx1")
        names = [module.name for module in found.plan.modules]
        assert names[names.index("k.b00") + 1] == "driver.tgz"
        assert store.blob_path(found.plan.modules[2].sha256).read_bytes() == DRIVER


def test_an_image_that_is_gone_is_said_for_the_host_that_needs_it(tmp_path: Path) -> None:
    with store_with(tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\nimage = "9.0.1"\n') as store:
        plans = plans_of(store)
        with pytest.raises(UserError, match=r"9\.0\.1"):
            planned(plans, "esx1")
        assert planned(plans, None).plan.image == NEW
        assert planned(plans_of(store, image="4.0.0"), "esx1").plan.image == OLD, "named on the command line"


def test_an_unknown_host_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    with store_with(tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\n') as store, pytest.raises(UserError, match="esx1"):
        plans_of(store).host("esx2")


def test_a_mode_that_was_typed_counts_where_the_settings_say_none(tmp_path: Path) -> None:
    settings = (
        f'[hosts.esx1]\nmac = "{MAC}"\n[hosts.esx2]\nmac = "52:54:00:4c:00:02"\nmode = "stateless"\n'
        '[hosts.esx3]\nmac = "52:54:00:4c:00:03"\nmode = "install"\n'
    )
    with store_with(tmp_path, settings) as store:
        typed = plans_of(store, PlanOptions(mode="install"))
        modes = [planned(typed, name).plan.options.mode for name in ("esx1", "esx2", "esx3")]
        assert modes == ["install", "stateless", "install"]
        assert "runweasel" in planned(typed, "esx1").plan.command_line.split()
        assert planned(plans_of(store), "esx3").plan.options.mode == "install", "said, whatever is typed"


def test_an_installation_has_no_keys_made_for_it(tmp_path: Path) -> None:
    with store_with(tmp_path, INSTALL.replace("DELIVER", "overlay")) as store:
        found = planned(plans_of(store), "esx1")
        assert store.host_secrets.get("esx1") is None, "a stateless host's keys are of no use to it"
    assert sorted(overlay(found)) == ["ks.cfg"]


def test_a_host_s_certificate_is_for_all_that_it_is_called(tmp_path: Path) -> None:
    settings = f"""
[hosts.esx1]
mac = "{MAC}"
address = "10.77.0.8"
identity.domain = "lab.example"
network.management.address = "10.77.0.9/24"
"""
    with store_with(tmp_path, settings) as store:
        certificate = x509.load_pem_x509_certificate(
            overlay(planned(plans_of(store), "esx1"))["etc/vmware/ssl/rui.crt"]
        )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["esx1", "esx1.lab.example"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["10.77.0.9", "10.77.0.8"]


def test_what_an_image_cannot_do_is_refused_also_when_it_came_after_the_settings(tmp_path: Path) -> None:
    with store_with(tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\nimage = "9.9"\nboot.slim = true\n') as store:
        plans = plans_of(store, image="4.0.0")
        with pytest.raises(UserError, match=r"boot\.slim is refused"):
            plans.prepare(plans.host("esx1"))


def test_a_report_to_another_port_is_doubted(tmp_path: Path) -> None:
    with store_with(tmp_path, INSTALL.replace("DELIVER", "http")) as store:
        (note,) = [note for note in plans_of(store).notes(f"{BASE}:8080") if "8080" in note or "port" in note]
        assert note.endswith("(esx1)")
        assert not [note for note in plans_of(store).notes(BASE) if "port" in note]
