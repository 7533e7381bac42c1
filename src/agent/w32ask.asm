; w32ask.asm - Windows: what w32ask.c has for gcc, for compilers with another assembler: nasm -f obj for Open Watcom and
; Borland, nasm -f win32 for MinGW. Declared in w32.h.

cpu pentium

%ifidn __OUTPUT_FORMAT__, obj
segment _TEXT public align=16 class=CODE use32
%ifdef START
; Where a linker begins that takes no name for it.
extern _entry
..start:
	jmp	_entry
%endif
%else
section .text
%endif

; int w32_can_ask(void)
global _w32_can_ask
_w32_can_ask:
	pushfd
	pop	eax
	mov	ecx,eax
	xor	eax,0x200000
	push	eax
	popfd
	pushfd
	pop	eax
	push	ecx
	popfd
	xor	eax,ecx
	shr	eax,21
	and	eax,1
	ret

; void w32_ask(unsigned long question, unsigned long answer[4])
global _w32_ask
_w32_ask:
	push	ebx
	push	edi
	mov	eax,[esp+12]
	mov	edi,[esp+16]
	xor	ecx,ecx
	cpuid
	mov	[edi],eax
	mov	[edi+4],ebx
	mov	[edi+8],ecx
	mov	[edi+12],edx
	pop	edi
	pop	ebx
	ret

; unsigned long w32_cycles(void)
global _w32_cycles
_w32_cycles:
	rdtsc
	ret
