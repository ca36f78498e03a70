"""Oddities of firmware and loaders, from the field or measured: each with what hobnail does about it, and a test.

docs/oddities.md is this table in words; `tests/boot/test_oddities.py` compares the two, and looks for each test. As
sources, boot-traces are measurements of this project, facts are collected from published texts.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Oddity:
    """One oddity: what is odd, who shows it, what we do, where that is known from, and the test that would fail."""

    what: str
    who: str
    done: str
    source: str
    test: str  # path and function, below tests/


ODDITIES = (
    Oddity(
        "hangs on an HTTP header without a value",
        "UEFI HTTP Boot of several vendors",
        "no reply has one",
        "facts 4.3; field reports behind issue 3",
        "serve/test_http_oddities.py::test_no_reply_has_an_empty_header_or_ends_the_connection",
    ),
    Oddity(
        "asks again, or twice, for what it asked when the server closes after each reply",
        "EDK2 HTTP Boot with mboot.efi: 75 connections and doubled HEADs with HTTP/1.0",
        "HTTP/1.1, every connection is kept, after errors too",
        "boot-traces 4 and 7",
        "serve/test_http_oddities.py::test_no_reply_has_an_empty_header_or_ends_the_connection",
    ),
    Oddity(
        "does not boot without HEAD and Content-Length",
        "EDK2 HTTP Boot",
        "both, always",
        "boot-traces 7",
        "serve/test_httpd.py::test_head_and_get_say_the_length_and_nothing_that_firmware_chokes_on",
    ),
    Oddity(
        "asks for a chunked file again and again",
        "mboot.efi",
        "nothing is sent in chunks",
        "boot-traces 7",
        "serve/test_httpd.py::test_every_reply_has_a_length_and_who_sent_it",
    ),
    Oddity(
        "asks port 4011 four times and gives up when option 60 comes without option 43",
        "EDK2 PXE",
        "60 goes with 43 = 06 01 08, or, from the proxy, with no file and port 4011 answering",
        "boot-traces 3",
        "boot/test_oddities.py::test_option_60_never_sends_a_client_to_a_port_that_is_silent",
    ),
    Oddity(
        "ignores offers without option 60 HTTPClient",
        "EDK2 HTTP Boot",
        "HTTP clients are told their own class",
        "boot-traces 3",
        "boot/test_offer.py::test_the_full_server_offers_address_and_file",
    ),
    Oddity(
        "takes the boot file from the BOOTP field only, or from option 67 only",
        "PXE ROMs, by their age",
        "it stands in both",
        "facts 6",
        "boot/test_offer.py::test_the_full_server_offers_address_and_file",
    ),
    Oddity(
        "drops replies that do not repeat its UUID (option 97)",
        "PXE ROMs",
        "it is sent back as it came",
        "PXE specification 2.1",
        "boot/test_offer.py::test_the_proxy_offers_a_file_without_an_address",
    ),
    Oddity(
        "waits three seconds for a proxy",
        "iPXE",
        "option 175 says that there is none",
        "boot-traces 3",
        "boot/test_offer.py::test_the_full_server_offers_address_and_file",
    ),
    Oddity(
        "hangs where a build with drivers of its own takes the card over from the firmware",
        "ipxe.efi and ipxe.pxe on new cards",
        "dry boot warns of these two and names snponly.efi and undionly.kpxe, which use the firmware's own driver; "
        "hobnail hands out no iPXE",
        "facts 5 (VMware's guides name these two)",
        "boot/check/test_ipxe_builds.py::test_a_build_with_all_drivers_is_warned_of",
    ),
    Oddity(
        "hangs when it chains a .c32 directly",
        "iPXE as distributions build it",
        "BIOS iPXE is told pxelinux.0, with option 210 set to our URL",
        "facts 5",
        "boot/test_later_catalogue.py::test_ipxe_under_bios_gets_pxelinux_and_fetches_all_by_http",
    ),
    Oddity(
        "sends its UUID as 16 raw bytes when it is asked for as a URI string",
        "iPXE",
        "it is asked for as text",
        "iPXE, settings.c and smbios_settings.c",
        "boot/test_later_catalogue.py::test_ipxe_asks_with_what_the_firmware_knows_and_gets_its_own_script",
    ),
    Oddity(
        "does not boot without TFTP's tsize",
        "EDK2 PXE",
        "the size is told whenever it is asked for",
        "boot-traces 7",
        "wire/test_transfer.py::test_options_granted",
    ),
    Oddity(
        "breaks a TFTP transfer off with ERROR 8 once it knows the size",
        "EDK2 PXE, three times a module",
        "that is no failure",
        "boot-traces 4",
        "serve/test_tftpd.py::test_wanting_only_the_size_is_no_failure",
    ),
    Oddity(
        "lets block numbers roll over to 0 in files over 92 MB",
        "PXELINUX, iPXE, EDK2",
        "so do we",
        "boot-traces 7",
        "wire/test_transfer.py::test_block_numbers_roll_over",
    ),
    Oddity(
        "asks again for half a minute when a name that is not there is met with silence",
        "PXELINUX, mboot.efi, which tries several protocols",
        "a missing name is answered at once",
        "facts 4.3",
        "serve/test_tftpd.py::test_what_is_missing_is_said_at_once_and_recorded",
    ),
    Oddity(
        "asks for files that need not be there",
        "mboot.efi (01-MAC/boot.cfg, crypto64.efi), iPXE 2.0 (autoexec.ipxe), PXELINUX (its search list)",
        "the answer is no, and nobody is troubled with it",
        "boot-traces 4",
        "boot/test_later_catalogue.py::test_names_that_are_asked_for_in_vain_on_a_healthy_boot",
    ),
    Oddity(
        "doubles slashes, puts one in front, or writes \\",
        "PXELINUX with a prefix, UEFI, old TFTP clients",
        "names are compared without them",
        "boot-traces 5 and 7",
        "boot/test_catalogue.py::test_modules_are_found_as_firmware_writes_them",
    ),
    Oddity(
        "never asks for a module whose name begins with a slash",
        "mboot.efi under UEFI HTTP Boot",
        "names in boot.cfg are relative, and there is no prefix=",
        "boot-traces 5",
        "boot/test_mboot_config.py::test_every_name_is_below_the_folder_of_the_file",
    ),
    Oddity(
        "puts BOOTIF on the last module's string, or says none at all",
        "syslinux's mboot.c32 with IPAPPEND 2; iPXE 2.0",
        "it is written into the kernel's options",
        "boot-traces 4 and 6",
        "boot/test_pxelinux.py::test_separators_stand_alone_and_options_follow_the_kernel",
    ),
    Oddity(
        "does not ask for its UUID's configuration in one machine of eight",
        "PXELINUX 6.04",
        "the answer stands under the MAC address",
        "boot-traces 4",
        "boot/test_catalogue.py::test_what_is_missing_says_why",
    ),
    Oddity(
        "cannot load the mboot.c32 of ESXi 5 and later",
        "PXELINUX 5.00 and later",
        "3.86 is chosen, or the person is told at start",
        "boot-traces 1",
        "boot/test_loaders.py::test_from_5_0_on_3_86_is_preferred_wherever_it_is_found",
    ),
    Oddity(
        "finds the server in its disk's device path and asks it before its own disk",
        "loaders started from the RAM disk of UEFI HTTP Boot (EDK2)",
        "the ISO stands in a folder where nothing else is found",
        "measured with OVMF 2022.11",
        "app/test_http_boot.py::test_an_iso_with_both_entries",
    ),
    Oddity(
        "knows no elliptic curves in TLS",
        "EDK2 before 2022.08, as it is usually built",
        "TLS 1.2 with RSA is offered beside the newer ways",
        "EDK2, CryptoPkg (OpensslLib)",
        "serve/test_https.py::test_a_cipher_without_elliptic_curves",
    ),
)


def as_markdown() -> str:
    """Return the table as docs/oddities.md has it."""
    rows = [
        f"| {odd.what.replace('|', '/')} | {odd.who} | {odd.done} | {odd.source} | `{odd.test}` |" for odd in ODDITIES
    ]
    return "\n".join(
        (
            "# Oddities of firmware and loaders",
            "",
            "What firmware and loaders do that their specifications do not say, and what hobnail does about it. Made",
            "from `src/hobnail/boot/oddities.py`, and compared with it by a test; each row names the test that fails",
            "without it. boot-traces are this project's own measurements, facts its collection of published texts.",
            "No vendor's own firmware was measured.",
            "",
            "| what is odd | who shows it | what is done | source | test |",
            "|---|---|---|---|---|",
            *rows,
            "",
        )
    )
