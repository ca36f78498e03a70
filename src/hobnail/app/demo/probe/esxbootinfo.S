/*
 * The ESXBootInfo header, which VMware's mboot of ESXi 5 and later looks for before a Multiboot one: on a multiple
 * of 8, within 8 KiB from the beginning of the PT_LOAD segment that comes first in the file. 72 bytes; mboot of 6.7
 * and 7.0 reads 68. The loader enters at the ELF entry point, with the machine as for Multiboot.
 */

        .set    HEADER_MAGIC, 0x1BADB005
        .set    HEADER_FLAGS, 0         /* no wish for a video mode, no runtime services, no measurement */

        .section .multiboot, "a"
        .balign 8
        .long   HEADER_MAGIC
        .long   HEADER_FLAGS
        .long   -(HEADER_MAGIC + HEADER_FLAGS)
        .fill   2, 4, 0                 /* reserved */
        .fill   7, 4, 0                 /* least width, height, depth; mode, width, height, depth */
        .fill   2, 8, 0                 /* place and size of the runtime services */
        .fill   2, 4, 0                 /* version of LoadESX; what to measure into the TPM */

        /*
         * Makes the segment of .bss one with bytes in the file. GNU ld gives one without any the file offset 0, and
         * then it, not the code, would come first in the file.
         */
        .data
        .long   0

        .section .note.GNU-stack, "", @progbits
