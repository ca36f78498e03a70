/* What a Multiboot loader hands over (Multiboot Specification 0.6.96, sections 3.2 and 3.3); only what we read. */

#ifndef MULTIBOOT_H
#define MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_LOADED 0x2BADB002 /* in EAX */

#define HAS_MEMORY (1u << 0)
#define HAS_COMMAND_LINE (1u << 2)
#define HAS_MODULES (1u << 3)
#define HAS_LOADER_NAME (1u << 9)

struct multiboot_module {
    uint32_t start;
    uint32_t end;    /* the byte after the last */
    uint32_t string; /* address of text ended by NUL; 0 for none */
    uint32_t reserved;
};

struct multiboot_information {
    uint32_t flags;
    uint32_t memory_lower; /* KiB from address 0 */
    uint32_t memory_upper; /* KiB from 1 MiB on */
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count;
    uint32_t modules;
    uint32_t symbols[4];
    uint32_t memory_map_bytes;
    uint32_t memory_map;
    uint32_t drives_bytes;
    uint32_t drives;
    uint32_t configuration_table;
    uint32_t loader_name;
};

_Static_assert(sizeof(struct multiboot_module) == 16, "a module is 16 bytes");
_Static_assert(__builtin_offsetof(struct multiboot_information, loader_name) == 64, "the loader's name is at 64");

#endif
