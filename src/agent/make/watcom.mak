# Builds agent98 with Open Watcom and NASM: wmake -f src/agent/make/watcom.mak win9x OUT=folder   (or msdos)
#   win9x   AGENT.EXE and FTPD98.EXE for Windows 95 to XP, without a C runtime
#   msdos   AGENT.EXE for DOS, on any 8086
# Untried: where this was written there was no Open Watcom. Only NASM's part of it and the lists of files are tested.

SRC = src/agent
OUT = dist/watcom

# The names are C's, arguments are on the stack, enums are ints, nothing checks the stack, and no library is asked for.
BARE = -q -ecc -ei -s -os -zl
WINDOWS = $(BARE) -bt=nt -3s -i=$(SRC)
# Our own headers stand before the compiler's. The last library has what 16 bits need to multiply and divide 32.
DOS = $(BARE) -bt=dos -0 -ms -x -i=$(SRC)/dosinc -i=$(SRC) -dmain=agent_main -dRUNLOG_RING=5120

PORTABLE = $(SRC)/main.c $(SRC)/agent.c $(SRC)/run.c $(SRC)/result.c $(SRC)/runlog.c $(SRC)/place.c $(SRC)/update.c &
	$(SRC)/visit.c $(SRC)/measure.c $(SRC)/job.c $(SRC)/spool.c $(SRC)/text.c $(SRC)/names.c $(SRC)/info.c $(SRC)/setting.c &
	$(SRC)/clock.c $(SRC)/crc32.c
WIN9X = $(SRC)/portw32.c $(SRC)/w32file.c $(SRC)/bareprt.c $(SRC)/barestr.c $(SRC)/w32main.c $(SRC)/w32clock.c &
	$(SRC)/w32disk.c $(SRC)/w32info.c $(SRC)/w32cpu.c $(SRC)/w32stop.c $(SRC)/w32show.c $(SRC)/w32reg.c &
	$(SRC)/w32proc.c $(SRC)/w32args.c $(SRC)/w32tree.c $(SRC)/w32self.c $(SRC)/w32cmd.c
MSDOS = $(SRC)/portdos.c $(SRC)/dosfile.c $(SRC)/dosclock.c $(SRC)/dosmain.c $(SRC)/dosproc.c $(SRC)/dosargs.c &
	$(SRC)/dosfind.c $(SRC)/dosinfo.c $(SRC)/dosself.c $(SRC)/bareprt.c $(SRC)/barestr.c
FTPD98 = $(SRC)/ftpd98/main.c $(SRC)/ftpd98/server.c $(SRC)/ftpd98/session.c $(SRC)/ftpd98/command.c &
	$(SRC)/ftpd98/login.c $(SRC)/ftpd98/files.c $(SRC)/ftpd98/data.c $(SRC)/ftpd98/transfer.c &
	$(SRC)/ftpd98/listing.c $(SRC)/ftpd98/path.c $(SRC)/ftpd98/line.c $(SRC)/ftpd98/setting.c &
	$(SRC)/ftpd98/reply.c $(SRC)/ftpd98/disk.c $(SRC)/ftpd98/net.c $(SRC)/ftpd98/console.c &
	$(SRC)/ftpd98/install.c $(SRC)/ftpd98/text.c $(SRC)/ftpd98/nocrt.c

win9x : .SYMBOLIC
	nasm -f obj -o $(OUT)/w32ask.obj $(SRC)/w32ask.asm
	wcl386 $(WINDOWS) -i=$(SRC)/w32inc -l=nt -"option start=_entry" -fo=$(OUT)/ -fe=$(OUT)/AGENT.EXE $(PORTABLE) $(WIN9X) $(OUT)/w32ask.obj kernel32.lib
	wcl386 $(WINDOWS) -l=nt -"option start=_entry" -fo=$(OUT)/ -fe=$(OUT)/FTPD98.EXE $(FTPD98) kernel32.lib wsock32.lib

msdos : .SYMBOLIC
	nasm -f obj -I $(SRC)/ -o $(OUT)/doswat.obj $(SRC)/doswat.asm
	nasm -f obj -I $(SRC)/ -o $(OUT)/dosint.obj $(SRC)/dosint.asm
	nasm -f obj -I $(SRC)/ -o $(OUT)/doscpu.obj $(SRC)/doscpu.asm
	wcl $(DOS) -l=dos -"option dosseg" -fo=$(OUT)/ -fe=$(OUT)/AGENT.EXE $(PORTABLE) $(MSDOS) $(OUT)/doswat.obj $(OUT)/dosint.obj $(OUT)/doscpu.obj clibs.lib
