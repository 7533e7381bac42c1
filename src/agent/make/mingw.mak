# Builds agent98 for Windows 95 to XP with MinGW's gcc and without its C runtime: make -f src/agent/make/mingw.mak OUT=folder
# The same sources for 64 bits, which Wine runs without 32-bit libraries: CC=x86_64-w64-mingw32-gcc CPU= ENTRY=entry LAYOUT=

CC = i686-w64-mingw32-gcc
SRC = src/agent
OUT = dist/agent/win9x
BUILD = unmarked
WARNINGS = -Wall -Wextra -Wdeclaration-after-statement -Werror
# Any 386: a processor of the time has none of what the compiler would use by itself.
CPU = -march=i386 -mpreferred-stack-boundary=2 -mno-sse -mno-mmx
ENTRY = _entry
# Our own headers stand before the system's, which leave two megabytes of intrinsics out when they think they are there.
# No library of the compiler is linked, so nothing may call one: hence most of the flags.
# Never -mregparm: it would change how the system's functions are called, too.
CFLAGS = -Oz -flto -fomit-frame-pointer -fno-builtin -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables \
	-fno-ident -fno-stack-protector -mno-stack-arg-probe
SYSTEM_HEADERS = -isystem $(SRC)/w32inc -D_WIN32_WINNT=0x0400 -DWINVER=0x0400 -D_X86INTRIN_H_INCLUDED
LAYOUT = -T $(SRC)/make/win9x.ld
LDFLAGS = -nostdlib -nostartfiles -s $(LAYOUT) -Wl,-e,$(ENTRY),--subsystem,console:4.0 \
	-Wl,--major-os-version=4,--minor-os-version=0,--disable-dynamicbase,--disable-nxcompat,--disable-reloc-section \
	-Wl,--no-insert-timestamp,--build-id=none

include $(SRC)/make/portable.mak
SYSTEM = portw32.c w32file.c bareprt.c barestr.c w32main.c w32clock.c w32disk.c w32info.c w32cpu.c w32ask.c w32stop.c w32show.c \
	w32reg.c w32proc.c w32args.c w32tree.c w32self.c w32cmd.c
OBJECTS = $(PORTABLE:%.c=$(OUT)/%.o) $(SYSTEM:%.c=$(OUT)/%.o)

$(OUT)/AGENT.EXE: $(OBJECTS)
	$(CC) $(CPU) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJECTS) -lkernel32

$(OBJECTS): $(SRC)/*.h $(SRC)/w32inc/*.h $(SRC)/make/mingw.mak $(SRC)/make/portable.mak $(SRC)/make/win9x.ld

$(OUT)/%.o: $(SRC)/%.c
	$(CC) -std=c89 -pedantic $(WARNINGS) $(CPU) $(CFLAGS) $(SYSTEM_HEADERS) -DAGENT_BUILD='"$(BUILD)"' -c -o $@ $<
