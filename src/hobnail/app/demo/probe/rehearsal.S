/*
 * Entry of a probe that rehearses ESXBootInfo: started by Multiboot, it makes an ESXBootInfo handoff of what it was
 * handed, and enters the probe with that, as VMware's mboot would.
 */

        .set    STACK_BYTES, 4096

        .text
        .globl  rehearse
rehearse:
        cli
        cld
        movl    $rehearsal_stack_top, %esp
        pushl   %ebx
        call    make_handoff
        movl    %eax, %ebx
        movl    $0x1BADB005, %eax
        jmp     _start

        .bss
        .balign 16
        .skip   STACK_BYTES
rehearsal_stack_top:

        .section .note.GNU-stack, "", @progbits
