/* argv.c - an engine that prints each of its arguments as hex digits on a line of its own. */
#include <stdio.h>

int main(int argc, char **argv)
{
    const unsigned char *byte;
    int i;

    for (i = 1; i < argc; i++) {
        for (byte = (const unsigned char *)argv[i]; *byte != '\0'; byte++)
            printf("%02x", *byte);
        putchar('\n');
    }
    return 0;
}
