# Builds agent98 for Windows 95 to XP, without a C runtime, with Borland C++ 5.02 and NASM, on Windows:
#   make -f src\agent\make\borland.mak -DBORLAND=C:\BC5
# Untried: where this was written there was no Borland C++. Only NASM's part of it and the list of files are tested.

SRC = src\agent
OUT = dist\borland
!ifndef BORLAND
BORLAND = C:\BC5
!endif
.path.c = $(SRC)
.path.obj = $(OUT)

# 386 instructions, enums as ints; our own headers stand before the compiler's.
CFLAGS = -c -q -3 -O1 -b -w-par -n$(OUT) -I$(SRC)\w32inc;$(SRC);$(BORLAND)\INCLUDE

PORTABLE = main.obj agent.obj run.obj result.obj runlog.obj place.obj update.obj visit.obj measure.obj job.obj spool.obj \
	text.obj names.obj info.obj setting.obj clock.obj crc32.obj
WIN9X = portw32.obj w32file.obj bareprt.obj barestr.obj w32main.obj w32clock.obj w32disk.obj w32info.obj w32cpu.obj \
	w32stop.obj w32show.obj w32reg.obj w32proc.obj w32args.obj w32tree.obj w32self.obj w32cmd.obj

# The linker begins where NASM's object says.
$(OUT)\AGENT.EXE: $(PORTABLE) $(WIN9X)
	nasm -f obj -D START -o $(OUT)\w32ask.obj $(SRC)\w32ask.asm
	cd $(OUT)
	tlink32 -Tpe -ap -c -x @&&|
w32ask.obj $(PORTABLE) $(WIN9X)
AGENT.EXE

$(BORLAND)\LIB\import32.lib
|

.c.obj:
	bcc32 $(CFLAGS) $<
