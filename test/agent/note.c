/* note.c - an engine that adds its argument as a line to STARTS.TXT in its working directory. */
#include <stdio.h>

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen("STARTS.TXT", "ab") : NULL;

    if (file == NULL)
        return 1;
    fprintf(file, "%s\n", argv[1]);
    return fclose(file) == 0 ? 0 : 1;
}
