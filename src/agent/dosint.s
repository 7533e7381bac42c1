! dosint.s - DOS: what C cannot say: calls of the system, the program that is started, and what the system calls in turn.
! In C all this is declared in dosport.h. What an interrupt has to find lies in the code's own segment.

.text

export _dos_call
_dos_call:
	push	bp
	mov	bp,sp
	push	si
	push	di
	call	load
	int	0x21
	jmp	store

export _dos_bios
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
	mov	si,4[bp]
	mov	[si],ax
	mov	2[si],bx
	mov	4[si],cx
	mov	6[si],dx
	mov	10[si],di
	pop	ax
	mov	8[si],ax
	push	ds
	pop	es
	mov	ax,#0
	popf
	adc	ax,ax
	cld
	pop	di
	pop	si
	pop	bp
	ret

load:
	mov	si,4[bp]
	mov	ax,[si]
	mov	bx,2[si]
	mov	cx,4[si]
	mov	dx,6[si]
	mov	di,10[si]
	mov	si,8[si]
	ret

! Old systems keep no register but the code's over a program that they start.
export _dos_exec
_dos_exec:
	push	bp
	mov	bp,sp
	push	si
	push	di
	mov	dx,4[bp]
	mov	bx,6[bp]
	seg	cs
	mov	stack_segment,ss
	seg	cs
	mov	stack_pointer,sp
	seg	cs
	mov	byte ptr is_away,*1
	mov	ax,#0x4B00
	int	0x21
	cli
	seg	cs
	mov	ss,stack_segment
	seg	cs
	mov	sp,stack_pointer
	sti
	push	ss
	pop	ds
	push	ss
	pop	es
	seg	cs
	mov	byte ptr is_away,*0
	jc	refused
	xor	ax,ax
refused:
	cld
	pop	di
	pop	si
	pop	bp
	ret

export _dos_exit
_dos_exit:
	pop	bx
	pop	ax
	mov	ah,*0x4C
	int	0x21

export _dos_segment
_dos_segment:
	mov	ax,ds
	ret

export _dos_peek
_dos_peek:
	push	bp
	mov	bp,sp
	mov	es,4[bp]
	mov	bx,6[bp]
	seg	es
	mov	al,[bx]
	xor	ah,ah
	push	ds
	pop	es
	pop	bp
	ret

export _dos_cmos
_dos_cmos:
	push	bp
	mov	bp,sp
	mov	al,4[bp]
	cli
	out	0x70,al
	jmp	settled
settled:
	in	al,0x71
	sti
	xor	ah,ah
	pop	bp
	ret

export _dos_ticks
_dos_ticks:
	push	bp
	mov	bp,sp
	mov	bx,4[bp]
	pushf
	cli
	seg	cs
	mov	ax,ticks
	seg	cs
	mov	dx,ticks+2
	popf
	mov	[bx],ax
	mov	2[bx],dx
	pop	bp
	ret

export _dos_stops
_dos_stops:
	seg	cs
	mov	al,stops
	xor	ah,ah
	ret

export _dos_hook
_dos_hook:
	mov	ax,#0x3508
	int	0x21
	seg	cs
	mov	old_timer,bx
	seg	cs
	mov	old_timer+2,es
	push	ds
	push	cs
	pop	ds
	mov	dx,#on_timer
	mov	ax,#0x2508
	int	0x21
	mov	dx,#on_break
	mov	ax,#0x2523
	int	0x21
	mov	dx,#on_error
	mov	ax,#0x2524
	int	0x21
	pop	ds
	push	ds
	pop	es
	ret

! The system itself takes the other two back.
export _dos_unhook
_dos_unhook:
	push	ds
	seg	cs
	mov	dx,old_timer
	seg	cs
	mov	ds,old_timer+2
	mov	ax,#0x2508
	int	0x21
	pop	ds
	ret

! 18.2 times a second: counted here, as the system's own count goes back at midnight and can be set.
on_timer:
	seg	cs
	add	word ptr ticks,*1
	seg	cs
	adc	word ptr ticks+2,*0
	.byte	0x2E,0xFF,0x2E		! jmp far cs:[old_timer]
	.word	old_timer

! Ctrl-C. To return far, with the carry flag and the flags still on the stack, ends the program that runs.
on_break:
	seg	cs
	mov	byte ptr stops,*1
	seg	cs
	cmp	byte ptr is_away,*0
	jne	end_program
	iret
end_program:
	stc
	retf

! The disk failed: the call fails; nobody is there to answer a question.
on_error:
	mov	al,*3
	iret

ticks:
	.word	0,0
old_timer:
	.word	0,0
stack_segment:
	.word	0
stack_pointer:
	.word	0
is_away:
	.byte	0
stops:
	.byte	0
