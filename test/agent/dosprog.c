/* dosprog.c - an engine for DOS that behaves as its arguments say, for the tests of the agent. Built by bcc with the C
   library for DOS of its package.

       dosprog STEP...     the steps are done in their order; after the last one it exits with 0

   say TEXT, warn TEXT    a line to the output, to the error stream
   flood N                N KiB to the output: the byte at place i of all floods together is i % 251
   input                  copies the standard input to the output
   file NAME TEXT         writes a line into a file
   line                   the whole text behind the program's name to the output, as DOS has it, in hex digits
   clock N                sets the BIOS's count of ticks
   ticks N                waits until the BIOS has counted N ticks
   away                   makes the root of the drive the current folder
   break                  what DOS calls when somebody presses Ctrl-C
   room                   the largest free piece of memory in KB to the output
   exit N                 ends at once with the exit code N */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_STEP 99

static unsigned segment;
static unsigned offset;

/* One byte of any place in memory. */
static int peek()
{
#asm
	push	es
	mov	es,_segment
	mov	bx,_offset
	seg	es
	mov	al,[bx]
	xor	ah,ah
	pop	es
#endasm
}

static int peek_at(s, o)
unsigned s, o;
{
    segment = s;
    offset = o;
    return peek();
}

static unsigned own_segment()
{
#asm
	mov	ah,*0x62
	int	0x21
	mov	ax,bx
#endasm
}

static unsigned ticks_high;
static unsigned ticks_low;

static void set_ticks()
{
#asm
	mov	ah,*1
	mov	cx,_ticks_high
	mov	dx,_ticks_low
	int	0x1A
#endasm
}

static unsigned low_ticks()
{
#asm
	xor	ah,ah
	int	0x1A
	mov	ax,dx
#endasm
}

/* The handler of who is to be ended leaves the flags on the stack; DOS would now end this program. */
static void press_break()
{
#asm
	int	0x23
	popf
#endasm
}

static char root[] = "\\";

static void leave_folder()
{
#asm
	mov	ah,*0x3B
	mov	dx,#_root
	int	0x21
#endasm
}

static unsigned free_kb()
{
#asm
	mov	ah,*0x48
	mov	bx,#0xFFFF
	int	0x21
	mov	ax,bx
	mov	cl,*6
	shr	ax,cl
#endasm
}

static void wait_ticks(count)
unsigned count;
{
    unsigned last = low_ticks();
    unsigned now;

    while (count > 0) {
        now = low_ticks();
        if (now != last)
            count--;
        last = now;
    }
}

static void put(stream, text)
int stream;
char *text;
{
    write(stream, text, strlen(text));
    write(stream, "\n", 1);
}

static void flood(kibibytes)
int kibibytes;
{
    static char block[1024];
    static unsigned place;
    int i;

    for (; kibibytes > 0; kibibytes--) {
        for (i = 0; i < sizeof block; i++) {
            block[i] = place;
            place = (place + 1) % 251;
        }
        write(1, block, sizeof block);
    }
}

static void copy_input()
{
    char byte;

    while (read(0, &byte, 1) == 1)
        write(1, &byte, 1);
}

static void tell_line()
{
    unsigned psp = own_segment();
    unsigned length = peek_at(psp, 0x80);
    char digits[3];
    unsigned i;

    for (i = 0; i < length; i++) {
        sprintf(digits, "%02x", peek_at(psp, 0x81 + i));
        write(1, digits, 2);
    }
    write(1, "\n", 1);
}

static void put_file(name, text)
char *name, *text;
{
    FILE *file = fopen(name, "w");

    if (file == NULL)
        exit(EXIT_STEP);
    fprintf(file, "%s\n", text);
    fclose(file);
}

static void tell_room()
{
    char text[8];

    sprintf(text, "%u", free_kb());
    put(1, text);
}

int main(argc, argv)
int argc;
char **argv;
{
    int i;
    long count;

    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "line") == 0)
            tell_line();
        else if (strcmp(argv[i], "input") == 0)
            copy_input();
        else if (strcmp(argv[i], "away") == 0)
            leave_folder();
        else if (strcmp(argv[i], "break") == 0)
            press_break();
        else if (strcmp(argv[i], "room") == 0)
            tell_room();
        else if (i + 1 == argc)
            return EXIT_STEP;
        else if (strcmp(argv[i], "say") == 0)
            put(1, argv[++i]);
        else if (strcmp(argv[i], "warn") == 0)
            put(2, argv[++i]);
        else if (strcmp(argv[i], "flood") == 0)
            flood(atoi(argv[++i]));
        else if (strcmp(argv[i], "ticks") == 0)
            wait_ticks(atoi(argv[++i]));
        else if (strcmp(argv[i], "exit") == 0)
            return atoi(argv[++i]);
        else if (strcmp(argv[i], "clock") == 0) {
            count = atol(argv[++i]);
            ticks_high = count >> 16;
            ticks_low = count;
            set_ticks();
        } else if (strcmp(argv[i], "file") == 0 && i + 2 < argc) {
            put_file(argv[i + 1], argv[i + 2]);
            i += 2;
        } else
            return EXIT_STEP;
    }
    return 0;
}
