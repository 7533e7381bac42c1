# Builds agent98 for DOS, on any 8086, with Bruce's C compiler, NASM and GNU make: make -f src/agent/make/bcc.mak OUT=folder
# No C library is needed: nothing is linked but what the compiler makes of these sources.

BCC = bcc
LD = ld86
NASM = nasm
SRC = src/agent
OUT = dist/agent/msdos
BUILD = unmarked
# Our own headers only. `const` is unknown to bcc; -ansi takes the prototypes away, so that each argument must have the
# type that its function wants; a function named main would bring the C library. Nothing writes while the agent reads,
# so that the LOG needs little room.
CFLAGS = -0 -ansi -I -I$(SRC)/dosinc -I$(SRC) -Dconst= -Dmain=agent_main -DRUNLOG_RING=5120
# Code and data in a segment each, and no names behind them.
LDFLAGS = -0 -i -s

include $(SRC)/make/portable.mak
SYSTEM = portdos.c dosfile.c dosclock.c dosmain.c dosproc.c dosargs.c dosfind.c dosinfo.c dosself.c bareprt.c barestr.c
# The first one is where the program begins.
ASSEMBLER = dosstart.s doslong.s
SHARED = dosint.asm doscpu.asm
OBJECTS = $(ASSEMBLER:%.s=$(OUT)/%.o) $(SHARED:%.asm=$(OUT)/%.o) $(PORTABLE:%.c=$(OUT)/%.o) $(SYSTEM:%.c=$(OUT)/%.o)

$(OUT)/AGENT.EXE: $(OUT)/agent.out
	sh $(SRC)/make/mz.sh $< $@

$(OUT)/agent.out: $(OBJECTS)
	$(LD) $(LDFLAGS) -o $@ $(OBJECTS)

# Every header counts for every object: the whole build takes a second.
$(OBJECTS): $(SRC)/*.h $(SRC)/dosseg.asm $(SRC)/dosinc/*.h $(SRC)/make/*.mak

$(OUT)/%.o: $(SRC)/%.c
	$(BCC) $(CFLAGS) -DAGENT_BUILD='"$(BUILD)"' -c -o $@ $<

$(OUT)/%.o: $(SRC)/%.s
	$(BCC) -0 -c -o $@ $<

$(OUT)/%.o: $(SRC)/%.asm
	$(NASM) -f as86 -Wall -Werror -I $(SRC)/ -o $@ $<
