/* The first serial port, a 16550A: polled, since interrupts are off. Registers as in the part's data sheet. */

#include "serial.h"

#include "port.h"

#define COM1 0x3f8
#define TRANSMIT (COM1 + 0)
#define DIVISOR_LOW (COM1 + 0) /* while DLAB is set */
#define INTERRUPT_ENABLE (COM1 + 1)
#define DIVISOR_HIGH (COM1 + 1) /* while DLAB is set */
#define FIFO_CONTROL (COM1 + 2)
#define LINE_CONTROL (COM1 + 3)
#define MODEM_CONTROL (COM1 + 4)
#define LINE_STATUS (COM1 + 5)

#define DLAB 0x80
#define EIGHT_BITS_NO_PARITY 0x03
#define DIVISOR_115200 1
#define FIFO_ENABLE_CLEAR 0x07
#define DTR_RTS 0x03
#define TRANSMIT_EMPTY 0x20
#define PATIENCE 1000000 /* polls; a port that is never ready is left behind, not waited for */

static const char HEX[] = "0123456789abcdef";

void serial_open(void)
{
    write_port8(INTERRUPT_ENABLE, 0);
    write_port8(LINE_CONTROL, DLAB);
    write_port8(DIVISOR_LOW, DIVISOR_115200);
    write_port8(DIVISOR_HIGH, 0);
    write_port8(LINE_CONTROL, EIGHT_BITS_NO_PARITY);
    write_port8(FIFO_CONTROL, FIFO_ENABLE_CLEAR);
    write_port8(MODEM_CONTROL, DTR_RTS);
}

static void put(char character)
{
    for (uint32_t polls = 0; polls < PATIENCE; polls++)
        if (read_port8(LINE_STATUS) & TRANSMIT_EMPTY)
            break;
    write_port8(TRANSMIT, (uint8_t)character);
}

void serial_write(const char *text)
{
    while (*text)
        put(*text++);
}

void serial_write_escaped(const char *text)
{
    for (; *text; text++) {
        uint8_t byte = (uint8_t)*text;

        if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
            put(*text);
            continue;
        }
        serial_write("\\x");
        put(HEX[byte >> 4]);
        put(HEX[byte & 15]);
    }
}

void serial_write_decimal(uint32_t number)
{
    char digits[11]; /* 4294967295 and a NUL */
    char *first = digits + sizeof digits - 1;

    *first = 0;
    do {
        *--first = HEX[number % 10];
        number /= 10;
    } while (number);
    serial_write(first);
}

void serial_write_hex(uint32_t number)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        put(HEX[(number >> shift) & 15]);
}
