# Builds tiny98, the starter engine, with GCC: make -f src/agent/make/tiny98.mak TARGET OUT=folder
#
#   nix            any POSIX system, with its C library (CC, CFLAGS and LDFLAGS as you like; see FPU)
#   linux-x86_64   Linux without a C library: small, and for kernels since 2.0
#   linux-i386     the same, for processors from the Pentium on
#   linux-armel    the same, for ARMv5TE and later, floats computed in software
#   win9x          Windows 95 to XP, without a C runtime, for processors from the Pentium on
#   win64          the same source for 64 bits
#
# Each writes OUT/TINY98.EXE; the same compiler always writes the same bytes. All compile with one command: the whole
# program takes two seconds.

SRC = src/agent/tiny98
OUT = dist/tiny98
PROGRAM = $(OUT)/TINY98.EXE
BUILD = unmarked
CC = gcc
CFLAGS = -O2
LDFLAGS =
# nofpu for processors that round each float by themselves; x87 for one that needs to be told. Others that keep more
# bits (68881): nofpu and CFLAGS=-ffloat-store.
FPU = nofpu

STRICT = -std=c89 -pedantic -Wall -Wextra -Wdeclaration-after-statement -Wshadow -Werror -DAGENT_BUILD='"$(BUILD)"'
# Sums and products stay what the source says, so that the text is the same everywhere.
EXACT = -ffp-contract=off
BARE = -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns -fno-stack-protector -fno-ident \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -nostdlib -nostartfiles -s
LINUX = $(BARE) -fno-pic -fno-pie -static -no-pie -Wl,--build-id=none,-z,noexecstack,-z,noseparate-code
WINDOWS = $(BARE) -mno-stack-arg-probe -Wl,-e,$(ENTRY),--subsystem,console:4.0,--major-os-version=4,--minor-os-version=0 \
	-Wl,--disable-dynamicbase,--disable-nxcompat,--disable-reloc-section,--no-insert-timestamp,--build-id=none
# No instruction that came after the Pentium.
PENTIUM = -O2 -march=i586 -mtune=pentium -mno-sse -mno-mmx

PORTABLE = $(SRC)/tiny.c $(SRC)/options.c $(SRC)/model.c $(SRC)/tokens.c $(SRC)/net.c $(SRC)/dot.c $(SRC)/maths.c \
	$(SRC)/sample.c $(SRC)/random.c $(SRC)/bytes.c $(SRC)/say.c
NIX = $(PORTABLE) $(SRC)/nixsys.c $(SRC)/$(FPU).c
LIN = $(PORTABLE) $(SRC)/linsys.c $(SRC)/nolib.c
W32 = $(PORTABLE) $(SRC)/w32sys.c $(SRC)/cmdline.c $(SRC)/nolib.c

nix:
	@mkdir -p $(OUT)
	$(CC) $(STRICT) $(EXACT) $(CFLAGS) $(LDFLAGS) -o $(PROGRAM) $(NIX)

linux-x86_64:
	@mkdir -p $(OUT)
	x86_64-linux-gnu-gcc $(STRICT) $(EXACT) -O2 $(LINUX) -o $(PROGRAM) $(LIN) $(SRC)/linx64.c $(SRC)/nofpu.c

linux-i386:
	@mkdir -p $(OUT)
	i686-linux-gnu-gcc $(STRICT) $(EXACT) $(PENTIUM) $(LINUX) -o $(PROGRAM) $(LIN) $(SRC)/lin386.c $(SRC)/x87.c -lgcc

linux-armel:
	@mkdir -p $(OUT)
	arm-linux-gnueabi-gcc $(STRICT) $(EXACT) -O2 -march=armv5te -marm $(LINUX) -o $(PROGRAM) $(LIN) $(SRC)/linarm.c \
		$(SRC)/nofpu.c -lgcc

win9x: ENTRY = _entry
win9x:
	@mkdir -p $(OUT)
	i686-w64-mingw32-gcc $(STRICT) $(EXACT) $(PENTIUM) $(WINDOWS) -o $(PROGRAM) $(W32) $(SRC)/x87.c -lkernel32

win64: ENTRY = entry
win64:
	@mkdir -p $(OUT)
	x86_64-w64-mingw32-gcc $(STRICT) $(EXACT) -O2 $(WINDOWS) -o $(PROGRAM) $(W32) $(SRC)/nofpu.c -lkernel32

.PHONY: nix linux-x86_64 linux-i386 linux-armel win9x win64
