/*
 * What VMware's mboot hands to a kernel with an ESXBootInfo header (ESXi 5 and later); only what we read.
 *
 * In EBX: the address of the information, which elements follow back to back; each has its type and its size, header
 * included, so that unknown ones can be passed over. Modules lie in ranges of pages, in boot.cfg's order, without the
 * kernel itself. The machine is as for Multiboot: 32-bit code, paging and interrupts off.
 */

#ifndef ESXBOOTINFO_H
#define ESXBOOTINFO_H

#include <stdint.h>

#define ESXBOOTINFO_LOADED 0x1BADB005 /* in EAX, and the header's own magic number */
#define ESXBOOTINFO_PAGE 4096

enum { ELEMENT_MEMORY = 1, ELEMENT_MODULE = 2 };

#define MEMORY_USABLE 1

struct __attribute__((packed)) esxbootinfo {
    uint64_t command_line; /* address of text ended by NUL; 0 for none */
    uint64_t count;        /* of the elements that follow */
};

struct __attribute__((packed)) esxbootinfo_element {
    uint32_t type;
    uint64_t size;
};

struct __attribute__((packed)) esxbootinfo_memory {
    struct esxbootinfo_element element;
    uint64_t start;
    uint64_t bytes;
    uint32_t type;
};

struct __attribute__((packed)) esxbootinfo_range {
    uint64_t page;
    uint32_t count;
    uint32_t padding;
};

struct __attribute__((packed)) esxbootinfo_module {
    struct esxbootinfo_element element;
    uint64_t string; /* address of text ended by NUL */
    uint64_t size;   /* bytes; the last page is filled up */
    uint32_t range_count;
    struct esxbootinfo_range ranges[];
};

_Static_assert(sizeof(struct esxbootinfo) == 16, "two numbers of 64 bits");
_Static_assert(sizeof(struct esxbootinfo_module) == 32, "a module without ranges is 32 bytes");
_Static_assert(sizeof(struct esxbootinfo_range) == 16, "each range adds 16");

/* Report what was handed over; an ERROR line when any of it lies where 32-bit code cannot read. */
void report_esxbootinfo(const struct esxbootinfo *information);

#endif
