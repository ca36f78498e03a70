"""The module lists of ESXi 5.0 to 9.1, as published boot.cfg files have them: a table for synthetic media.

`name` stands for `name.v00` and `name*3` for `name.v00` to `name.v02`; any other suffix is written out. The order
is the vendor's. Sources: boot.cfg files that people published, of 5.0, 6.5 (in the docs of Morpheus), 6.7U1,
7.0U3a, 8.0U2 and 9.1.1. Of 5.5 only the beginning is known, the rest is 5.0's; of 6.0U2 the beginning and the end.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SHORT = re.compile(r"(?P<stem>[^.*]+)(?:(?P<suffix>\.[a-z0-9]+)|\*(?P<count>\d))?")


@dataclass(frozen=True, slots=True)
class Release:
    """What a release's boot.cfg says."""

    version: str  # "7.0.3"
    build: str  # "18825058"
    kernel: str
    kernel_options: str
    modules: tuple[str, ...]  # as on the medium, without the leading slash
    release: str = ""  # what stands before the build in `build=` and metadata.xml: "0.5"


def expand(text: str) -> tuple[str, ...]:
    """Write out a list in the shorthand of this module. ValueError for a word that is none of its forms."""
    names: list[str] = []
    for word in text.split():
        match = _SHORT.fullmatch(word)
        if match is None:
            raise ValueError(f"{word!r} is not of the form name, name*N or name.suffix")
        if match["suffix"]:
            names.append(word)
        else:
            names += [f"{match['stem']}.v{number:02}" for number in range(int(match["count"] or 1))]
    return tuple(names)


_DRIVERS_5 = """
    a.b00 ata-pata*8 block-cc ehci-ehc s weaselin.i00 ima-qla4 ipmi-ipm*3 misc-cni misc-dri net-be2n net-bnx2*2
    net-cnic net-e100*2 net-enic net-forc net-igb net-ixgb net-nx-n net-r816*2 net-s2io net-sky2 net-tg3 ohci-usb
    sata-ahc sata-ata sata-sat*4 scsi-aac scsi-adp scsi-aic scsi-bnx scsi-fni scsi-hps scsi-ips scsi-lpf scsi-meg*3
    scsi-mpt*3 scsi-qla*2 uhci-usb tools.t00 imgdb.tgz imgpayld.tgz
"""
_MODULES_6_0 = """
    b.b00 jumpstrt.gz useropts.gz k.b00 chardevs.b00 a.b00 user.b00 uc_intel.b00 uc_amd.b00 sb s ata_pata*8 block_cc
    ehci_ehc emulex_e weaselin.t00 esx_dvfi esx_ui vsan vsanheal vsanmgmt xhci_xhc tools.t00 xorg imgdb.tgz
    imgpayld.tgz
"""
_MODULES_6_5 = """
    b.b00 jumpstrt.gz useropts.gz features.gz k.b00 chardevs.b00 a.b00 user.b00 uc_intel.b00 uc_amd.b00 sb s
    ata_liba ata_pata*8 block_cc char_ran ehci_ehc elxnet hid_hid i40en igbn ima_qla4 ipmi_ipm*3 ixgben lpfc lsi_mr3
    lsi_msgp*2 misc_cni misc_dri mtip32xx ne1000 nenic net_bnx2*2 net_cdc_ net_cnic net_e100*2 net_enic net_fcoe
    net_forc net_igb net_ixgb net_libf net_mlx4*2 net_nx_n net_tg3 net_usbn net_vmxn nhpsa nmlx4_co nmlx4_en
    nmlx4_rd nmlx5_co ntg3 nvme nvmxnet3 ohci_usb pvscsi qedentv qfle3 qflge qlnative sata_ahc sata_ata sata_sat*5
    scsi_aac scsi_adp scsi_aic scsi_bnx*2 scsi_fni scsi_hps scsi_ips scsi_isc scsi_lib scsi_meg*3 scsi_mpt*3
    scsi_qla shim_isc*2 shim_lib*6 shim_vmk*3 uhci_usb usb_stor usbcore_ vmkata vmkplexe vmkusb vmw_ahci xhci_xhc
    emulex_e weaselin.t00 esx_dvfi esx_ui lsu_hp_h lsu_lsi_*4 native_m rste vmware_e vsan vsanheal vsanmgmt
    tools.t00 xorg imgdb.tgz imgpayld.tgz
"""
_MODULES_6_7 = """
    jumpstrt.gz useropts.gz features.gz k.b00 chardevs.b00 user.b00 procfs.b00 uc_intel.b00 uc_amd.b00 uc_hygon.b00
    vmx vim sb s ata_liba ata_pata*8 block_cc bnxtnet bnxtroce brcmfcoe char_ran ehci_ehc elxiscsi elxnet hid_hid
    i40en iavmd igbn ima_qla4 ipmi_ipm*3 iser ixgben lpfc lpnic lsi_mr3 lsi_msgp*3 misc_cni misc_dri mtip32xx ne1000
    nenic net_bnx2*2 net_cdc_ net_cnic net_e100*2 net_enic net_fcoe net_forc net_igb net_ixgb net_libf net_mlx4*2
    net_nx_n net_tg3 net_usbn net_vmxn nfnic nhpsa nmlx4_co nmlx4_en nmlx4_rd nmlx5_co nmlx5_rd ntg3 nvme nvmxnet3*2
    ohci_usb pvscsi qcnic qedentv qfle3 qfle3f qfle3i qflge sata_ahc sata_ata sata_sat*5 scsi_aac scsi_adp scsi_aic
    scsi_bnx*2 scsi_fni scsi_hps scsi_ips scsi_isc scsi_lib scsi_meg*3 scsi_mpt*3 scsi_qla shim_isc*2 shim_lib*6
    shim_vmk*3 smartpqi uhci_usb usb_stor usbcore_ vmkata vmkfcoe vmkplexe vmkusb vmw_ahci xhci_xhc elx_esx_
    btldr.t00 esx_dvfi esx_ui esxupdt weaselin.t00 lsu_hp_h lsu_inte lsu_lsi_*4 lsu_smar native_m qlnative rste
    vmware_e vsan vsanheal vsanmgmt tools.t00 xorg imgdb.tgz imgpayld.tgz
"""
_MODULES_7_0 = """
    jumpstrt.gz useropts.gz features.gz k.b00 uc_intel.b00 uc_amd.b00 uc_hygon.b00 procfs.b00 vmx vim tpm sb s
    atlantic bnxtnet bnxtroce brcmfcoe elxiscsi elxnet i40en iavmd icen igbn ionic_en irdman iser ixgben lpfc lpnic
    lsi_mr3 lsi_msgp*3 mtip32xx ne1000 nenic nfnic nhpsa nmlx4_co nmlx4_en nmlx4_rd nmlx5_co nmlx5_rd ntg3 nvme_pci
    nvmerdma nvmetcp nvmxnet3*2 pvscsi qcnic qedentv qedrntv qfle3 qfle3f qfle3i qflge rste sfvmk smartpqi vmkata
    vmkfcoe vmkusb vmw_ahci bmcal crx elx_esx_ btldr esx_dvfi esx_ui esxupdt tpmesxup weaselin esxio_co loadesx
    lsuv2_hp lsuv2_in lsuv2_ls lsuv2_nv lsuv2_oe*3 lsuv2_sm native_m qlnative trx vdfs vmware_e vsan vsanheal
    vsanmgmt tools.t00 xorg gc imgdb.tgz imgpayld.tgz
"""
_MODULES_8_0 = """
    jumpstrt.gz useropts.gz features.gz k.b00 uc_intel.b00 uc_amd.b00 uc_hygon.b00 procfs.b00 vmx vim tpm sb s
    atlantic bcm_mpi3 bnxtnet bnxtroce brcmfcoe cndi_igc dwi2c elxiscsi elxnet i40en iavmd icen igbn intelgpi
    ionic_cl ionic_en irdman iser ixgben lpfc lpnic lsi_mr3 lsi_msgp*3 mtip32xx ne1000 nenic nfnic nhpsa nipmi
    nmlx5_cc nmlx5_co nmlx5_rd ntg3 nvme_pci nvmerdma nvmetcp nvmxnet3*2 pvscsi qcnic qedentv qedrntv qfle3 qfle3f
    qfle3i qflge rdmahl rste sfvmk smartpqi vmkata vmksdhci vmkusb vmw_ahci bmcal clusters crx drivervm elx_esx_
    btldr esx_dvfi esx_ui esxupdt tpmesxup weaselin esxio_co infravis loadesx lsuv2_hp lsuv2_in lsuv2_ls lsuv2_nv
    lsuv2_oe*2 lsuv2_sm native_m qlnative trx vdfs vds_vsip vmware_e hbrsrv vsan vsanheal vsanmgmt tools.t00 xorg gc
    imgdb.tgz basemisc.tgz resvibs.tgz esxiodpt.tgz imgpayld.tgz
"""
_MODULES_9_1 = """
    jumpstrt.gz useropts.gz features.gz k.b00 uc_intel.b00 uc_amd.b00 uc_hygon.b00 vmx vim tpm sb s atlantic
    bcm_mpi3 bnxtnet bnxtroce cndi_igc elxnet i40en iavmd icen igbn intelgpi ionic_cl ionic_en irdman iser ixgben
    lpfc lpnic lsi_mr3 lsi_msgp*2 ne1000 nenic_en nenic nfnic nhpsa nipmi nmlx5_cc nmlx5_co nmlx5_rd ntg3 nvme_pci
    nvmerdma nvmetcp nvmxnet3*2 pvscsi qat qcnic qedentv qedrntv qfle3 qfle3f qfle3i rdmahl rshim_ne rshim sfvmk
    smartpqi vmkata vmksdhci vmkusb vmw_ahci bmcal clusters crx drivervm btldr dvfilter esx_ui esxupdt tpmesxup
    weaselin xorg esxio_co infravis loadesx hpv2_hps intelv2_ lsiv2_dr nvme_pci.v01 oem_dell oem_leno smartpqi.v01
    native_m nsx_pyth.v01 podvm_ro qlnative trx vcls_pod vdfs vds_vsip vmware_e vmware_f hbrsrv vsan vsanheal
    vsanmgmt tools.t00 qp_esx_d nsx_adf nsx_cfga nsx_cont nsx_cpp_ nsx_esx_ nsx_expo nsx_head nsx_host nsx_moni
    nsx_mpa nsx_nest nsx_neto nsx_opsa nsx_plat nsx_prot nsx_prox nsx_pyth nsx_pyth.v02 nsx_scx nsx_sfhc nsx_shar
    nsx_snpr nsxcli vsipfwli gc imgdb.tgz basemisc.tgz resvibs.tgz esxiodpt.tgz imgpayld.tgz
"""

# Of 8.0 and 9.1 only files with a person's own kernelopt are published; 7.0's options stand in.
_TBOOT, _B = "tboot.b00", "b.b00"
RELEASES: Mapping[str, Release] = {
    "5.0": Release("5.0.0", "469512", _TBOOT, "runweasel", expand("b.b00 useropts.gz k.b00" + _DRIVERS_5)),
    "5.5": Release(
        "5.5.0", "1331820", _TBOOT, "runweasel", expand("b.b00 jumpstrt.gz useropts.gz k.b00" + _DRIVERS_5)
    ),
    "6.0": Release("6.0.0", "3620759", _TBOOT, "runweasel", expand(_MODULES_6_0)),
    "6.5": Release("6.5.0", "4564106", _TBOOT, "runweasel", expand(_MODULES_6_5)),
    "6.7": Release("6.7.0", "10302608", _B, "cdromBoot runweasel", expand(_MODULES_6_7)),
    "7.0": Release("7.0.3", "18825058", _B, "runweasel cdromBoot", expand(_MODULES_7_0), "0.5"),
    "8.0": Release("8.0.2", "22380479", _B, "runweasel cdromBoot", expand(_MODULES_8_0), "0.0"),
    "9.1": Release("9.1.1", "25714478", _B, "runweasel cdromBoot", expand(_MODULES_9_1), "0"),
}
"""By the name people give the release; its version is that of the published file."""
