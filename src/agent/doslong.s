! doslong.s - DOS: the arithmetic of 32 bits that bcc's code calls. One operand is in bx:ax, the other where di points;
! the result is in bx:ax. All other registers stay.

.text

export laddul
laddul:
	add	ax,[di]
	adc	bx,2[di]
	ret

export lsubul
lsubul:
	sub	ax,[di]
	sbb	bx,2[di]
	ret

export landul
landul:
	and	ax,[di]
	and	bx,2[di]
	ret

export lorul
lorul:
	or	ax,[di]
	or	bx,2[di]
	ret

export leorul
leorul:
	xor	ax,[di]
	xor	bx,2[di]
	ret

export lcoml
lcoml:
	not	ax
	not	bx
	ret

export lnegl
lnegl:
	neg	bx
	neg	ax
	sbb	bx,*0
	ret

! The flags as of one comparison of unsigned numbers.
export lcmpul
lcmpul:
	cmp	bx,2[di]
	jne	compared
	cmp	ax,[di]
compared:
	ret

! The number where bx points.
export lincl
lincl:
	add	word ptr [bx],*1
	adc	word ptr 2[bx],*0
	ret

export ldecl
ldecl:
	sub	word ptr [bx],*1
	sbb	word ptr 2[bx],*0
	ret

! di is how far.
export lslul
lslul:
	push	cx
	mov	cx,di
	jcxz	moved
left:
	shl	ax,*1
	rcl	bx,*1
	loop	left
moved:
	pop	cx
	ret

export lsrul
lsrul:
	push	cx
	mov	cx,di
	jcxz	moved
right:
	shr	bx,*1
	rcr	ax,*1
	loop	right
	pop	cx
	ret

! The low halves in full, and what of the mixed products still has room.
export lmulul
lmulul:
	push	cx
	push	dx
	push	si
	mov	cx,ax
	mov	ax,bx
	mul	word ptr [di]
	mov	si,ax
	mov	ax,cx
	mul	word ptr 2[di]
	add	si,ax
	mov	ax,cx
	mul	word ptr [di]
	add	dx,si
	mov	bx,dx
	pop	si
	pop	dx
	pop	cx
	ret

export ldivul
ldivul:
	push	cx
	push	dx
	push	si
	push	di
	call	divide
	pop	di
	pop	si
	pop	dx
	pop	cx
	ret

export lmodul
lmodul:
	push	cx
	push	dx
	push	si
	push	di
	call	divide
	mov	ax,si
	mov	bx,di
	pop	di
	pop	si
	pop	dx
	pop	cx
	ret

! bx:ax by the number where di points: the quotient in bx:ax, the rest in di:si; cx and dx are lost.
divide:
	mov	cx,2[di]
	mov	si,[di]
	mov	di,cx
	or	cx,cx
	jne	divide_long

! A divisor of one word: two divisions, as on paper.
	mov	cx,ax
	mov	ax,bx
	xor	dx,dx
	div	si
	mov	bx,ax
	mov	ax,cx
	div	si
	mov	si,dx
	ret

! Otherwise bit by bit. The quotient has at most 16 bits, so 16 steps will do: the rest begins as the high word.
divide_long:
	push	bp
	mov	bp,di
	mov	dx,si
	mov	si,bx
	xor	di,di
	xor	bx,bx
	mov	cx,*16
next_bit:
	shl	ax,*1
	rcl	si,*1
	rcl	di,*1
	shl	bx,*1
	cmp	di,bp
	jb	no_bit
	ja	one_bit
	cmp	si,dx
	jb	no_bit
one_bit:
	sub	si,dx
	sbb	di,bp
	inc	bx
no_bit:
	loop	next_bit
	mov	ax,bx
	xor	bx,bx
	pop	bp
	ret

! ax by bx: the quotient or the rest in ax.
export idiv_u
idiv_u:
	push	dx
	xor	dx,dx
	div	bx
	pop	dx
	ret

export imodu
imodu:
	push	dx
	xor	dx,dx
	div	bx
	mov	ax,dx
	pop	dx
	ret

export imod
imod:
	push	dx
	cwd
	idiv	bx
	mov	ax,dx
	pop	dx
	ret
