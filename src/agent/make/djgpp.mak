# Builds tiny98 for DOS with DJGPP: make -f src/agent/make/djgpp.mak OUT=folder CC=i586-pc-msdosdjgpp-gcc
# For a 386 with a numeric processor, and with CWSDPMI.EXE beside it. The agent itself is a program of 16 bits
# (bcc.mak, watcom.mak), which leaves the memory to the engine.
# Untried: where this was written there was no DJGPP.

include src/agent/make/tiny98.mak

CC = gcc
FPU = x87
# Strictly C89, its headers keep the clock to themselves.
STRICT = -std=gnu89 -Wall
