/*
 * The serial port of QEMU's "virt" machine (a PL011), reached by the names of a PC's: what is written to the 16550A's
 * transmit register is sent, its line status is told, and setting it up does nothing. Registers: Arm DDI 0183, 3.2.
 */

#ifndef PORT_H
#define PORT_H

#include <stdint.h>

#define PL011 0x09000000ul
#define PL011_DATA (*(volatile uint32_t *)PL011)
#define PL011_FLAGS (*(volatile uint32_t *)(PL011 + 0x18))
#define PL011_TRANSMIT_FULL 0x20

#define PC_TRANSMIT 0x3f8
#define PC_LINE_CONTROL 0x3fb
#define PC_DIVISOR_LATCH 0x80 /* while it is set, the transmit register is the divisor's */
#define PC_TRANSMIT_EMPTY 0x20

static inline void write_port8(uint16_t port, uint8_t value)
{
    static uint8_t control;

    if (port == PC_LINE_CONTROL)
        control = value;
    else if (port == PC_TRANSMIT && !(control & PC_DIVISOR_LATCH))
        PL011_DATA = value;
}

static inline uint8_t read_port8(uint16_t port)
{
    (void)port;
    return PL011_FLAGS & PL011_TRANSMIT_FULL ? 0 : PC_TRANSMIT_EMPTY;
}

#endif
