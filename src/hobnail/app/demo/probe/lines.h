/* The lines of the report that each way of being started writes alike (format: probe.c). */

#ifndef LINES_H
#define LINES_H

#include <stdint.h>

#define END_OF_LINE "\r\n"

/* Write `word` and the text at an address, or nothing after it when the address is 0. */
void write_text_line(const char *word, uint32_t address);

/* Write what memory there is, in KiB. */
void write_memory_line(uint32_t lower, uint32_t upper);

/* Write a module; `string` is the address of its text, or 0. `digest` has SHA256_WORDS words. */
void write_module_line(uint32_t index, uint32_t size, const uint32_t *digest, uint32_t string);

/* Write the last line. */
void write_end_line(uint32_t count);

#endif
