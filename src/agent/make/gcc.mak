# Builds agent98 with gcc or clang for a POSIX system: make -f src/agent/make/gcc.mak OUT=folder
# Old C libraries keep clock_gettime apart: LDLIBS=-lrt. No debugger's data: LDFLAGS=-s.

CC = gcc
SRC = src/agent
OUT = dist/agent/linux
BUILD = unmarked
WARNINGS = -Wall -Wextra -Wdeclaration-after-statement -Werror
# On 32 bits a C library may otherwise refuse files and folders whose numbers have more; an old one does not know it.
WIDE = -D_FILE_OFFSET_BITS=64
CFLAGS = -O2
LDFLAGS =
LDLIBS =

include $(SRC)/make/portable.mak
SYSTEM = portnix.c nixproc.c nixinfo.c nixself.c nixcmd.c
OBJECTS = $(PORTABLE:%.c=$(OUT)/%.o) $(SYSTEM:%.c=$(OUT)/%.o)

$(OUT)/AGENT.EXE: $(OBJECTS)
	$(CC) $(LDFLAGS) -o $@ $(OBJECTS) $(LDLIBS)

# Every header counts for every object: the whole build takes two seconds.
$(OBJECTS): $(SRC)/*.h $(SRC)/make/gcc.mak $(SRC)/make/portable.mak

$(OUT)/%.o: $(SRC)/%.c
	$(CC) -std=c89 -pedantic $(WARNINGS) $(WIDE) $(CFLAGS) -DAGENT_BUILD='"$(BUILD)"' -c -o $@ $<
