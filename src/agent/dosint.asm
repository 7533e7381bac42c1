; dosint.asm - DOS: what C cannot say: calls of the system, the program that is started, and what the system calls in
; turn. In C all this is declared in dosport.h. What an interrupt has to find lies in the code's own segment.

%include "dosseg.asm"
cpu 8086

code

; int dos_call(struct dos_regs *regs)
global _dos_call
_dos_call:
	push	bp
	mov	bp,sp
	push	si
	push	di
	call	load
	int	0x21
	jmp	store

; int dos_bios(struct dos_regs *regs)
global _dos_bios
_dos_bios:
	push	bp
	mov	bp,sp
	push	si
	push	di
	call	load
	stc
	int	0x15
store:
	pushf
	push	si
	mov	si,[bp+4]
	mov	[si],ax
	mov	[si+2],bx
	mov	[si+4],cx
	mov	[si+6],dx
	mov	[si+10],di
	pop	ax
	mov	[si+8],ax
	push	ds
	pop	es
	mov	ax,0
	popf
	adc	ax,ax
	cld
	pop	di
	pop	si
	pop	bp
	ret

load:
	mov	si,[bp+4]
	mov	ax,[si]
	mov	bx,[si+2]
	mov	cx,[si+4]
	mov	dx,[si+6]
	mov	di,[si+10]
	mov	si,[si+8]
	ret

; int dos_exec(const char *path, unsigned *block)
; Old systems keep no register but the code's over a program that they start.
global _dos_exec
_dos_exec:
	push	bp
	mov	bp,sp
	push	si
	push	di
	mov	dx,[bp+4]
	mov	bx,[bp+6]
	mov	[cs:stack_segment],ss
	mov	[cs:stack_pointer],sp
	mov	byte [cs:is_away],1
	mov	ax,0x4B00
	int	0x21
	cli
	mov	ss,[cs:stack_segment]
	mov	sp,[cs:stack_pointer]
	sti
	push	ss
	pop	ds
	push	ss
	pop	es
	mov	byte [cs:is_away],0
	jc	refused
	xor	ax,ax
refused:
	cld
	pop	di
	pop	si
	pop	bp
	ret

; void dos_exit(int code)
global _dos_exit
_dos_exit:
	pop	bx
	pop	ax
	mov	ah,0x4C
	int	0x21

; unsigned dos_segment(void)
global _dos_segment
_dos_segment:
	mov	ax,ds
	ret

; unsigned dos_peek(unsigned segment, unsigned offset)
global _dos_peek
_dos_peek:
	push	bp
	mov	bp,sp
	mov	es,[bp+4]
	mov	bx,[bp+6]
	mov	al,[es:bx]
	xor	ah,ah
	push	ds
	pop	es
	pop	bp
	ret

; unsigned dos_cmos(int index)
global _dos_cmos
_dos_cmos:
	push	bp
	mov	bp,sp
	mov	al,[bp+4]
	cli
	out	0x70,al
	jmp	settled
settled:
	in	al,0x71
	sti
	xor	ah,ah
	pop	bp
	ret

; void dos_ticks(unsigned long *count)
global _dos_ticks
_dos_ticks:
	push	bp
	mov	bp,sp
	mov	bx,[bp+4]
	pushf
	cli
	mov	ax,[cs:ticks]
	mov	dx,[cs:ticks+2]
	popf
	mov	[bx],ax
	mov	[bx+2],dx
	pop	bp
	ret

; int dos_stops(void)
global _dos_stops
_dos_stops:
	mov	al,[cs:stops]
	xor	ah,ah
	ret

; void dos_hook(void)
global _dos_hook
_dos_hook:
	mov	ax,0x3508
	int	0x21
	mov	[cs:old_timer],bx
	mov	[cs:old_timer+2],es
	push	ds
	push	cs
	pop	ds
	mov	dx,on_timer
	mov	ax,0x2508
	int	0x21
	mov	dx,on_break
	mov	ax,0x2523
	int	0x21
	mov	dx,on_error
	mov	ax,0x2524
	int	0x21
	pop	ds
	push	ds
	pop	es
	ret

; void dos_unhook(void): the system itself takes the other two back.
global _dos_unhook
_dos_unhook:
	push	ds
	mov	dx,[cs:old_timer]
	mov	ds,[cs:old_timer+2]
	mov	ax,0x2508
	int	0x21
	pop	ds
	ret

; 18.2 times a second: counted here, as the system's own count goes back at midnight and can be set.
on_timer:
	add	word [cs:ticks],1
	adc	word [cs:ticks+2],0
	jmp	far [cs:old_timer]

; Ctrl-C. To return far, with the carry flag and the flags still on the stack, ends the program that runs.
on_break:
	mov	byte [cs:stops],1
	cmp	byte [cs:is_away],0
	jne	end_program
	iret
end_program:
	stc
	retf

; The disk failed: the call fails; nobody is there to answer a question.
on_error:
	mov	al,3
	iret

ticks:
	dw	0,0
old_timer:
	dw	0,0
stack_segment:
	dw	0
stack_pointer:
	dw	0
is_away:
	db	0
stops:
	db	0
