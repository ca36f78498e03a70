/* Text out of the first serial port (COM1, 115200 baud, 8N1). */

#ifndef SERIAL_H
#define SERIAL_H

#include <stdint.h>

/* Set the port up; call once, first. */
void serial_open(void);

/* Write text as it is. */
void serial_write(const char *text);

/* Write text that came from outside: whatever is not printable ASCII, and the backslash, as \xNN. */
void serial_write_escaped(const char *text);

/* Write a number in decimal. */
void serial_write_decimal(uint32_t number);

/* Write a number as eight hexadecimal digits, lower case. */
void serial_write_hex(uint32_t number);

#endif
