/*
 * Entry of the probe kernel: the Multiboot header (Multiboot Specification 0.6.96, section 3.1), a stack, and a call.
 *
 * State at entry (section 3.2): 32-bit protected mode, flat segments, paging and interrupts off,
 * EAX = 0x2BADB002, EBX = address of the Multiboot information, ESP undefined.
 */

        .set    HEADER_MAGIC, 0x1BADB002
        .set    PAGE_ALIGN, 1 << 0      /* modules begin at 4 KiB boundaries */
        .set    MEMORY_INFO, 1 << 1     /* the loader tells how much memory there is */
        .set    HEADER_FLAGS, PAGE_ALIGN | MEMORY_INFO
        .set    PAGE_BYTES, 4096
        .set    STACK_BYTES, 4 * PAGE_BYTES

        .section .multiboot, "a"
        .balign 4
        .long   HEADER_MAGIC
        .long   HEADER_FLAGS            /* bit 16 clear: the loader places us by our ELF headers */
        .long   -(HEADER_MAGIC + HEADER_FLAGS)
        .fill   13, 4, 0                /* VMware's mboot reads a header of 64 bytes */

        .text
        .globl  _start
_start:
        cli
        cld
        movl    %eax, %edx
        /*
         * Clear the stack, though nothing needs it cleared: the loader ran code in these pages, and QEMU's translator
         * checks each write to a page on which translated code stands. Overwriting all of it ends that;
         * without, hashing was measured a hundred times slower.
         */
        movl    $stack, %edi
        movl    $(STACK_BYTES / 4), %ecx
        xorl    %eax, %eax
        rep stosl
        movl    $stack_top, %esp
        xorl    %ebp, %ebp
        subl    $8, %esp                /* keeps the stack 16-byte aligned at the call, as the i386 ABI says */
        pushl   %ebx
        pushl   %edx
        call    probe
halt:   hlt
        jmp     halt

        .bss
        .balign PAGE_BYTES
stack:
        .skip   STACK_BYTES
stack_top:

        .section .note.GNU-stack, "", @progbits
