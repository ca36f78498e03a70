/*
 * The stand-in for VMware's mboot.efi: asks a server, or the file system that it was a file of, for what mboot asks
 * for, in mboot's order, and reports.
 *
 * It starts no kernel. It says on the first serial port what it was served, in the format of the probe kernel
 * (probe/probe.c), and powers off. Digests are of the files as they came: nothing is unpacked. MEMORY is not told.
 * One line more than the probe has, for each whole file that is no module:
 *
 *     LOADED size sha256 name
 *
 * Order of requests, as traces of mboot 9.0 have it: 01-MAC/boot.cfg, boot.cfg; the size of the kernel and of each
 * module, until one is missing; crypto64.efi; then the kernel and each module. By TFTP the size of each file is asked
 * for again before it is loaded; through iPXE nobody can ask for a size, and -c names the boot.cfg. On a file system
 * there is no 01-MAC/boot.cfg, and no BOOTIF. mboot waits between the two passes, for timeout= seconds; we do not.
 */

#include <efi.h>

#include "config.h"
#include "serial.h"
#include "sha256.h"
#include "source.h"
#include "text.h"

#define END_OF_LINE "\r\n"
#define LINE_ROOM 4096 /* of a kernel's command line, with its NUL: mboot's limit */

static const char HEX[] = "0123456789abcdef";
static EFI_SYSTEM_TABLE *uefi;
static struct source source;
static struct boot_config config;

static void __attribute__((noreturn)) power_off(void)
{
    uefi->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
    for (;;)
#ifdef __aarch64__
        __asm__ volatile("wfi");
#else
        __asm__ volatile("hlt");
#endif
}

static void __attribute__((noreturn)) fail(const char *what, const char *name, EFI_STATUS status)
{
    serial_write("ERROR ");
    serial_write(what);
    serial_write(" ");
    serial_write_escaped(name);
    serial_write(", EFI status ");
    serial_write_decimal((UINT32)(status & 0xffffffff));
    serial_write(END_OF_LINE);
    power_off();
}

/* Write size, digest and name, as both kinds of line have them. */
static void report_file(const struct file *file, const char *name, const char *options)
{
    UINT32 digest[SHA256_WORDS];

    sha256((const UINT8 *)file->data, (UINT32)file->size, digest);
    serial_write_decimal((UINT32)file->size);
    serial_write(" ");
    for (UINTN i = 0; i < SHA256_WORDS; i++)
        serial_write_hex(digest[i]);
    serial_write(" ");
    serial_write_escaped(name);
    if (*options)
        serial_write(" ");
    serial_write_escaped(options);
    serial_write(END_OF_LINE);
}

static void resolved(const char *name, char *out)
{
    if (!resolve(&config, source.folder, name, out, NAME_ROOM))
        fail("name too long:", name, EFI_BUFFER_TOO_SMALL);
}

/* Write a name in the boot folder. */
static void beside_us(const char *middle, const char *name, char *out)
{
    *out = 0;
    append(out, NAME_ROOM, source.folder);
    append(out, NAME_ROOM, *source.folder ? "/" : "");
    append(out, NAME_ROOM, middle);
    append(out, NAME_ROOM, name);
}

/* Write the card's address as BOOTIF has it: hardware type 01, then the bytes, hyphens between. */
static void write_bootif(char out[24])
{
    *out++ = '0';
    *out++ = '1';
    for (UINTN i = 0; i < sizeof source.mac; i++) {
        *out++ = '-';
        *out++ = HEX[source.mac[i] >> 4];
        *out++ = HEX[source.mac[i] & 15];
    }
    *out = 0;
}

/* Load the boot.cfg that we were told, or this card's own, or everybody's; leave its name in `name`. */
static EFI_STATUS find_config(const char *bootif, char *name, struct file *file)
{
    char folder[32] = "";

    if (*source.config) {
        append(name, NAME_ROOM, source.config);
        return source.load(&source, name, file);
    }
    if (!source.local) {
        append(folder, sizeof folder, bootif);
        append(folder, sizeof folder, "/");
        beside_us(folder, "boot.cfg", name);
        if (!EFI_ERROR(source.load(&source, name, file)))
            return EFI_SUCCESS;
    }
    beside_us("", "boot.cfg", name);
    return source.load(&source, name, file);
}

static void load_config(const char *bootif)
{
    static char name[NAME_ROOM]; /* static: large stack frames would need a library to probe their pages */
    struct file file;
    EFI_STATUS status = find_config(bootif, name, &file);

    if (EFI_ERROR(status))
        fail("not served:", name, status);
    serial_write("LOADED ");
    report_file(&file, name, "");
    read_config(file.data, file.size, &config);
    if (!*config.kernel)
        fail("no kernel= in", name, EFI_LOAD_ERROR);
}

/* Copy the list of modules, for reading it takes it apart. */
static char *copy_of_modules(void)
{
    UINTN size = length(config.modules) + 1;
    char *copy;
    EFI_STATUS status = uefi->BootServices->AllocatePool(EfiLoaderData, size, (void **)&copy);

    if (EFI_ERROR(status))
        fail("no memory for", "modules=", status);
    for (UINTN i = 0; i < size; i++)
        copy[i] = config.modules[i];
    return copy;
}

static void ask_sizes(void)
{
    static char name[NAME_ROOM];
    char *list = copy_of_modules();
    const char *file = config.kernel, *options;
    UINT64 size;

    do {
        resolved(file, name);
        if (EFI_ERROR(source.size(&source, name, &size)))
            return; /* mboot stops asking, and goes on */
    } while (next_module(&list, &file, &options));
}

static void load_crypto(void)
{
    static char name[NAME_ROOM];
    struct file file;

    beside_us("", "crypto64.efi", name);
    if (EFI_ERROR(source.load(&source, name, &file)))
        return; /* fatal under Secure Boot only */
    serial_write("LOADED ");
    report_file(&file, name, "");
    free_file(&source, &file);
}

static void load_kernel(const char *bootif)
{
    static char name[NAME_ROOM], line[LINE_ROOM];
    struct file file;

    resolved(config.kernel, name);
    EFI_STATUS status = source.load(&source, name, &file);
    if (EFI_ERROR(status))
        fail("not served:", name, status);
    serial_write("LOADED ");
    report_file(&file, name, "");
    free_file(&source, &file);
    append(line, sizeof line, name);
    append(line, sizeof line, *config.kernel_options ? " " : "");
    append(line, sizeof line, config.kernel_options);
    if (!source.local && *config.no_bootif != '1' && !has_word(line, "BOOTIF=")) {
        append(line, sizeof line, " BOOTIF=");
        append(line, sizeof line, bootif);
    }
    serial_write("COMMAND ");
    serial_write_escaped(line);
    serial_write(END_OF_LINE);
}

static UINT32 load_modules(void)
{
    static char name[NAME_ROOM];
    UINT32 count = 0;
    const char *item, *options;

    for (char *list = copy_of_modules(); next_module(&list, &item, &options); count++) {
        struct file file;

        resolved(item, name);
        EFI_STATUS status = source.load(&source, name, &file);
        if (EFI_ERROR(status))
            fail("not served:", name, status);
        serial_write("MODULE ");
        serial_write_decimal(count);
        serial_write(" ");
        report_file(&file, name, options);
        free_file(&source, &file);
    }
    return count;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_GUID identity = LOADED_IMAGE_PROTOCOL;
    EFI_LOADED_IMAGE *loaded;
    char bootif[24];

    uefi = system;
    uefi->BootServices->SetWatchdogTimer(0, 0, 0, NULL); /* the firmware's own ends programs after five minutes */
    serial_open();
    serial_write(END_OF_LINE "HOBNAIL-PROBE 1" END_OF_LINE);
    source.services = uefi->BootServices;
    EFI_STATUS status = uefi->BootServices->HandleProtocol(image, &identity, (void **)&loaded);
    if (!EFI_ERROR(status)) {
        status = open_ipxe(loaded, &source);
        if (EFI_ERROR(status))
            status = open_tftp(loaded->DeviceHandle, &source);
        if (EFI_ERROR(status))
            status = open_http(loaded->DeviceHandle, &source);
        if (EFI_ERROR(status))
            status = open_disk(loaded, &source);
    }
    if (EFI_ERROR(status))
        fail("not loaded from", "a network or file system", status);
    serial_write("LOADER hobnail's stand-in for mboot.efi, ");
    serial_write(source.title);
    serial_write(END_OF_LINE "MEMORY 0 0" END_OF_LINE);
    write_bootif(bootif);
    load_config(bootif);
    ask_sizes();
    load_crypto();
    load_kernel(bootif);
    UINT32 count = load_modules();
    serial_write("END ");
    serial_write_decimal(count);
    serial_write(END_OF_LINE);
    power_off();
}
