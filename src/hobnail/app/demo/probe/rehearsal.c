/*
 * Makes an ESXBootInfo handoff from a Multiboot one: the pages stay where they are.
 *
 * Each module of more than one page is told in two ranges, and elements that the probe does not know stand between
 * the others, so that all of its reading is rehearsed.
 */

#include "esxbootinfo.h"
#include "multiboot.h"

#define ROOM 32768 /* for some four hundred modules */
#define UNKNOWN 99
#define UNKNOWN_BYTES 13 /* odd: nothing after it is aligned */

static struct {
    struct esxbootinfo head;
    uint8_t elements[ROOM];
} handoff;

static uint8_t *end;

static void *add(uint32_t type, uint32_t size)
{
    struct esxbootinfo_element *element = (struct esxbootinfo_element *)end;

    element->type = type;
    element->size = size;
    handoff.head.count++;
    end += size;
    return element;
}

static void add_memory(uint64_t start, uint64_t bytes, uint32_t type)
{
    struct esxbootinfo_memory *memory = add(ELEMENT_MEMORY, sizeof *memory);

    memory->start = start;
    memory->bytes = bytes;
    memory->type = type;
}

static void add_module(const struct multiboot_module *given)
{
    uint32_t size = given->end - given->start;
    uint32_t pages = (size + ESXBOOTINFO_PAGE - 1) / ESXBOOTINFO_PAGE;
    uint32_t ranges = pages > 2 ? 2 : pages;
    struct esxbootinfo_module *module = add(ELEMENT_MODULE, sizeof *module + ranges * sizeof *module->ranges);

    module->string = given->string;
    module->size = size;
    module->range_count = ranges;
    for (uint32_t i = 0; i < ranges; i++) {
        module->ranges[i].page = given->start / ESXBOOTINFO_PAGE + i;
        module->ranges[i].count = i ? pages - 1 : 1;
    }
}

const struct esxbootinfo *make_handoff(const struct multiboot_information *given)
{
    const struct multiboot_module *modules = (const struct multiboot_module *)given->modules;

    end = handoff.elements;
    handoff.head.command_line = given->command_line;
    add_memory(0, (uint64_t)given->memory_lower * 1024, MEMORY_USABLE);
    add_memory(0x100000, (uint64_t)given->memory_upper * 1024, MEMORY_USABLE);
    add_memory(0xfffc0000, 0x40000, MEMORY_USABLE + 1);
    for (uint32_t i = 0; i < given->module_count; i++) {
        add(UNKNOWN, UNKNOWN_BYTES);
        add_module(&modules[i]);
    }
    return &handoff.head;
}
