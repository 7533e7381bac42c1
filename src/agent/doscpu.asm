; doscpu.asm - DOS: which processor this is. Declared in dosport.h. The instructions of later processors are only reached
; on one that has them.

%include "dosseg.asm"
cpu pentium

code

; int dos_cpu(void): 0 8086, 1 80186, 2 80286, 3 80386, 4 80486, 5 one that can be asked.
global _dos_cpu
_dos_cpu:
	pushf
	pop	ax
	mov	cx,ax
	and	ax,0x0FFF
	push	ax
	popf
	pushf
	pop	ax
	and	ax,0xF000
	cmp	ax,0xF000
	jne	not_8086
	push	cx			; the first two keep these four bits set
	popf
	mov	ax,1
	mov	cl,33
	shl	ax,cl			; the first one really shifts so far
	or	ax,ax
	jz	is_8086
	mov	ax,1
	ret
is_8086:
	ret

not_8086:
	mov	ax,cx
	or	ax,0x7000
	push	ax
	popf
	pushf
	pop	ax
	push	cx
	popf
	and	ax,0x7000
	mov	ax,2
	jz	known

; From here on there are 32 bits.
	mov	dx,0x0004
	call	can_change
	mov	ax,3
	jz	known
	mov	dx,0x0020
	call	can_change
	mov	ax,4
	jz	known
	inc	ax
known:
	ret

; Whether the bits of dx can be changed in the upper half of the flags.
can_change:
	push	bp
	mov	bp,sp
	and	sp,-4			; no check of alignment must hit us
	pushfd
	pop	bx
	pop	cx
	push	cx
	push	bx
	popfd
	xor	cx,dx
	push	cx
	push	bx
	popfd
	pushfd
	pop	bx
	pop	ax
	xor	cx,dx
	push	cx
	push	bx
	popfd
	xor	ax,cx
	mov	sp,bp
	pop	bp
	and	ax,dx
	ret

; void dos_cpuid(unsigned leaf, unsigned long regs[4]): eax, ebx, ecx, edx.
global _dos_cpuid
_dos_cpuid:
	push	bp
	mov	bp,sp
	push	si
	push	di
	mov	si,[bp+6]
	xor	eax,eax
	mov	ax,[bp+4]
	cpuid
	mov	[si],eax
	mov	[si+4],ebx
	mov	[si+8],ecx
	mov	[si+12],edx
	xor	ebx,ebx
	pop	di
	pop	si
	pop	bp
	ret

; void dos_cycles(unsigned long *low): the lower half of the counter of cycles.
global _dos_cycles
_dos_cycles:
	push	bp
	mov	bp,sp
	rdtsc
	mov	bx,[bp+4]
	mov	[bx],eax
	pop	bp
	ret
