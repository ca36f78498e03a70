/*
 * The probe: a kernel that says on the first serial port what its loader handed it, and powers off.
 *
 * It stands in for the hypervisor in the demo and in tests, where what matters is that every byte of every module
 * reached memory. One line for each fact, ended by CR LF; the word before the first blank says which:
 *
 *     HOBNAIL-PROBE 1                            begins a report; the number is the version of this format
 *     LOADER text                                name of the loader
 *     MEMORY lower upper                         KiB below and above 1 MiB
 *     COMMAND text                               the kernel's command line
 *     MODULE index size sha256 text              for each module in order, from 0; text is the module's string
 *     END count                                  count of modules: nothing was lost
 *     ERROR text                                 instead, when neither a Multiboot nor an ESXBootInfo loader started us
 *
 * Text runs to the end of the line; bytes that are not printable ASCII, and the backslash, stand as \xNN.
 * Sizes and digests are of the bytes as they lie in memory: unpacked, if the loader unpacks.
 */

#include "esxbootinfo.h"
#include "lines.h"
#include "multiboot.h"
#include "port.h"
#include "serial.h"
#include "sha256.h"

/* QEMU's power management block, where SeaBIOS puts it on both the i440FX and the Q35: PM1a_CNT at 0x604,
 * and sleep type 0 with SLP_EN is "soft off". Ports that nothing answers on real machines. */
#define QEMU_PM1A_CONTROL 0x604
#define SLEEP_ENABLE 0x2000

/* QEMU's isa-debug-exit, where one is given. */
#define QEMU_DEBUG_EXIT 0xf4

static void power_off(void)
{
    write_port16(QEMU_PM1A_CONTROL, SLEEP_ENABLE);
    write_port8(QEMU_DEBUG_EXIT, 0);
}

static void report_module(uint32_t index, const struct multiboot_module *module)
{
    uint32_t digest[SHA256_WORDS];
    uint32_t size = module->end - module->start;

    sha256((const uint8_t *)module->start, size, digest);
    write_module_line(index, size, digest, module->string);
}

static void report(const struct multiboot_information *information)
{
    const struct multiboot_module *modules = (const struct multiboot_module *)information->modules;
    uint32_t count = information->flags & HAS_MODULES ? information->module_count : 0;

    write_text_line("LOADER", information->flags & HAS_LOADER_NAME ? information->loader_name : 0);
    write_memory_line(
        information->flags & HAS_MEMORY ? information->memory_lower : 0,
        information->flags & HAS_MEMORY ? information->memory_upper : 0);
    write_text_line("COMMAND", information->flags & HAS_COMMAND_LINE ? information->command_line : 0);
    for (uint32_t i = 0; i < count; i++)
        report_module(i, &modules[i]);
    write_end_line(count);
}

/* Called by start.S with EAX and EBX as the loader left them. */
void probe(uint32_t magic, const void *information)
{
    serial_open();
    serial_write(END_OF_LINE "HOBNAIL-PROBE 1" END_OF_LINE); /* whatever stands on the line before, ends it */
    if (magic == MULTIBOOT_LOADED)
        report(information);
    else if (magic == ESXBOOTINFO_LOADED)
        report_esxbootinfo(information);
    else
        serial_write("ERROR not started by a Multiboot or ESXBootInfo loader" END_OF_LINE);
    power_off();
}
