/* dosserve.c - stands for the FTP server of SERVE.BAT in tests, where DOS has no network: each time it is started it
   brings one job as a client would, N1.TMP, N2.TMP and so on as IN\A000000N.JOB. Where nothing is left to bring, it ends
   as a server that cannot start. */
#include <stdio.h>

static char from[] = "N1.TMP";
static char to[] = "IN\\A0000001.JOB";

/* 0, or -1: DOS refused. */
static int move()
{
#asm
	push	ds
	pop	es
	mov	ah,*0x56
	mov	dx,#_from
	mov	di,#_to
	int	0x21
	sbb	ax,ax
#endasm
}

int main()
{
    int i;

    for (i = '1'; i <= '9'; i++) {
        from[1] = i;
        to[10] = i;
        if (move() == 0) {
            printf("brought %s\n", to);
            return 0;
        }
    }
    return 1;
}
