/* binary.c - linked to a Windows program of the tests: its output is not changed on its way. */
#include <fcntl.h>
#include <io.h>

__attribute__((constructor)) static void keep_bytes(void)
{
    _setmode(1, _O_BINARY);
}
