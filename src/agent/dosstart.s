! dosstart.s - DOS: from the system's entry to the first C function. Code and data have a segment each; the stack lies
! behind the data, as the header says that src/agent/make/mz.sh makes.

.text
entry start
start:
	mov	bx,cs
	add	bx,#__segoff
	mov	ds,bx
	mov	_dos_psp,es
	mov	es,bx
	xor	ax,ax
	mov	di,#__edata
	mov	cx,#__end
	sub	cx,di
	cld
	rep
	stosb
	call	_dos_begin

.data
export _dos_psp
_dos_psp:
	.word	0
