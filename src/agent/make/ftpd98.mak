# Builds FTPD98.EXE with MinGW: make -f src/agent/make/ftpd98.mak OUT=folder
# For Windows 95 to XP by default. TARGET=x86_64-w64-mingw32 MACHINE= ENTRY=entry builds the same sources for 64 bits, for
# tests under Wine.

TARGET = i686-w64-mingw32
CC = $(TARGET)-gcc
SRC = src/agent/ftpd98
OUT = dist/agent/win9x
BUILD = unmarked
WARNINGS = -Wall -Wextra -Wdeclaration-after-statement -Werror
# Nothing that the first Pentium does not know, and nothing that a C library would have to bring.
MACHINE = -march=i586 -mtune=pentium -mno-sse -mno-mmx -mpreferred-stack-boundary=2
BARE = -ffreestanding -fno-builtin -fno-asynchronous-unwind-tables -fno-ident -fno-stack-protector \
	-mno-stack-arg-probe -fno-tree-loop-distribute-patterns
CFLAGS = -Os -fomit-frame-pointer -falign-functions=1
SYSTEM = -DWINVER=0x0400 -D_WIN32_WINNT=0x0400 -D_WIN32_WINDOWS=0x0400 -DWIN32_LEAN_AND_MEAN
ENTRY = _entry
LDFLAGS = -nostdlib -nostartfiles -s -Wl,-e,$(ENTRY),--subsystem,console:4.0,--major-os-version=4,--minor-os-version=0 \
	-Wl,--disable-dynamicbase,--disable-nxcompat,--disable-reloc-section,--no-insert-timestamp,--build-id=none
LDLIBS = -lwsock32 -lkernel32

OBJECTS = $(OUT)/main.o $(OUT)/server.o $(OUT)/session.o $(OUT)/command.o $(OUT)/login.o $(OUT)/files.o \
	$(OUT)/data.o $(OUT)/transfer.o $(OUT)/listing.o $(OUT)/path.o $(OUT)/line.o $(OUT)/setting.o $(OUT)/reply.o \
	$(OUT)/disk.o $(OUT)/net.o $(OUT)/console.o $(OUT)/install.o $(OUT)/text.o $(OUT)/nocrt.o

$(OUT)/FTPD98.EXE: $(OBJECTS)
	$(CC) $(LDFLAGS) -o $@ $(OBJECTS) $(LDLIBS)

# Every header counts for every object: the whole build takes a few seconds.
$(OBJECTS): $(SRC)/*.h src/agent/version.h src/agent/make/ftpd98.mak

$(OUT)/%.o: $(SRC)/%.c
	$(CC) -std=c89 -pedantic $(WARNINGS) $(CFLAGS) $(MACHINE) $(BARE) $(SYSTEM) -DAGENT_BUILD='"$(BUILD)"' -c -o $@ $<
