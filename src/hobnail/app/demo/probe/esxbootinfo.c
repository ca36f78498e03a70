/* The report of a probe that was started by its ESXBootInfo header. */

#include "esxbootinfo.h"

#include "lines.h"
#include "serial.h"
#include "sha256.h"

#define KIB 1024
#define MIB (1024 * KIB)
#define TOO_FAR (1ull << 32)
#define PAGES_BELOW_4_GIB (TOO_FAR / ESXBOOTINFO_PAGE)

/* Add a range of memory to what lies below and above 1 MiB; usable memory only, in KiB. */
static void add_memory(const struct esxbootinfo_memory *memory, uint32_t kib[2])
{
    if (memory->type == MEMORY_USABLE)
        kib[memory->start >= MIB] += (uint32_t)(memory->bytes / KIB);
}

/* Hash a module's pages; 0 when its ranges do not hold its size, or lie too far. */
static int hash_module(const struct esxbootinfo_module *module, uint32_t digest[SHA256_WORDS])
{
    uint64_t left = module->size;
    const uint8_t *data = 0;
    uint32_t rest = 0;

    sha256_begin(digest);
    for (uint32_t i = 0; i < module->range_count && left; i++) {
        const struct esxbootinfo_range *range = &module->ranges[i];
        uint64_t bytes = (uint64_t)range->count * ESXBOOTINFO_PAGE;
        uint32_t used = (uint32_t)(bytes < left ? bytes : left);

        if (range->page + range->count > PAGES_BELOW_4_GIB)
            return 0;
        data = (const uint8_t *)(uint32_t)(range->page * ESXBOOTINFO_PAGE);
        rest = used % SHA256_BLOCK; /* only the last range can have one: pages are whole blocks */
        sha256_blocks(digest, data, used / SHA256_BLOCK);
        data += used - rest;
        left -= used;
    }
    sha256_finish(digest, data, rest, (uint32_t)module->size);
    return left == 0;
}

static int report_module(uint32_t index, const struct esxbootinfo_module *module)
{
    uint32_t digest[SHA256_WORDS];

    if (module->string >= TOO_FAR || module->size >= TOO_FAR || !hash_module(module, digest))
        return 0;
    write_module_line(index, (uint32_t)module->size, digest, (uint32_t)module->string);
    return 1;
}

void report_esxbootinfo(const struct esxbootinfo *information)
{
    uint32_t kib[2] = {0, 0};
    uint32_t modules = 0;
    const uint8_t *at = (const uint8_t *)(information + 1);

    write_text_line("LOADER", (uint32_t) "ESXBootInfo");
    write_text_line("COMMAND", information->command_line < TOO_FAR ? (uint32_t)information->command_line : 0);
    for (uint64_t i = 0; i < information->count; i++) {
        const struct esxbootinfo_element *element = (const struct esxbootinfo_element *)at;

        if (element->type == ELEMENT_MEMORY)
            add_memory((const struct esxbootinfo_memory *)element, kib);
        if (element->type == ELEMENT_MODULE
            && !report_module(modules++, (const struct esxbootinfo_module *)element)) {
            serial_write("ERROR a module is not whole, or lies above 4 GiB" END_OF_LINE);
            return;
        }
        at += element->size;
    }
    write_memory_line(kib[0], kib[1]);
    write_end_line(modules);
}
