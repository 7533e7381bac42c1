; dosseg.asm - included by the others: the segments of the two kinds of objects. as86 is what ld86 links, obj what Open
; Watcom does.
%ifidn __OUTPUT_FORMAT__, obj
%define code segment _TEXT public align=2 class=CODE use16
%else
%define code section .text
%endif
