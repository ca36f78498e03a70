/* The lines of the report that each way of being started writes alike. */

#include "lines.h"

#include "serial.h"
#include "sha256.h"

void write_text_line(const char *word, uint32_t address)
{
    serial_write(word);
    serial_write(" ");
    if (address)
        serial_write_escaped((const char *)address);
    serial_write(END_OF_LINE);
}

void write_memory_line(uint32_t lower, uint32_t upper)
{
    serial_write("MEMORY ");
    serial_write_decimal(lower);
    serial_write(" ");
    serial_write_decimal(upper);
    serial_write(END_OF_LINE);
}

void write_module_line(uint32_t index, uint32_t size, const uint32_t *digest, uint32_t string)
{
    serial_write("MODULE ");
    serial_write_decimal(index);
    serial_write(" ");
    serial_write_decimal(size);
    serial_write(" ");
    for (uint32_t i = 0; i < SHA256_WORDS; i++)
        serial_write_hex(digest[i]);
    write_text_line("", string);
}

void write_end_line(uint32_t count)
{
    serial_write("END ");
    serial_write_decimal(count);
    serial_write(END_OF_LINE);
}
