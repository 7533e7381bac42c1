; doswat.asm - DOS: what dosstart.s is for bcc, for Open Watcom: from the system's entry to the first C function, with
; code and data in a segment each and the stack behind the data.

%include "dosseg.asm"
cpu 8086

segment _DATA public align=2 class=DATA
segment _BSS public align=2 class=BSS
segment STACK stack align=16 class=STACK
	resb	4096
top:
group DGROUP _DATA _BSS STACK

extern _dos_begin
extern __edata
extern __end

code

..start:
	mov	bx,DGROUP
	mov	ds,bx
	mov	[_dos_psp],es
	cli
	mov	ss,bx
	mov	sp,top wrt DGROUP
	sti
; The rest of the memory is for the programs that this one starts.
	mov	ax,es
	sub	bx,ax
	add	bx,0x1000
	mov	ah,0x4A
	int	0x21
	push	ds
	pop	es
	xor	ax,ax
	mov	di,__edata wrt DGROUP
	mov	cx,__end wrt DGROUP
	sub	cx,di
	cld
	rep	stosb
	call	_dos_begin

segment _DATA
global _dos_psp
_dos_psp:
	dw	0
