#include "update.h"

#include "clock.h"
#include "measure.h"
#include "place.h"
#include "port.h"
#include "version.h"

#include <string.h>

#define SAID_SIZE 16
#define TRY_S 20
#define STEP_MS 100UL

static const char program[] = "AGENT.EXE";
static const char spare[] = "AGENT.OLD";

/* Takes in what the program says, and keeps how it begins. */
static unsigned hear(char said[SAID_SIZE], unsigned length)
{
    char bytes[256];
    int count;

    port_read(1, bytes, sizeof bytes);
    count = port_read(0, bytes, sizeof bytes);
    if (count <= 0)
        return length;
    if ((unsigned)count > SAID_SIZE - length)
        count = (int)(SAID_SIZE - length);
    memcpy(said + length, bytes, (unsigned)count);
    return length + (unsigned)count;
}

/* Whether a file starts on this system, and is an agent: it says so and ends. */
static int is_agent(const char *name, char *error, unsigned error_size)
{
    static char option[] = "--version";
    static const char mark[] = AGENT_NAME " ";
    static char file[16];
    char said[SAID_SIZE];
    char *argv[3];
    struct port_program tried;
    struct port_exit how;
    struct port_time from;
    unsigned length = 0;
    int ended;

    strcpy(file, name);
    argv[0] = file;
    argv[1] = option;
    argv[2] = NULL;
    memset(&tried, 0, sizeof tried);
    tried.dir = "STAGE";
    tried.file = file;
    tried.argv = argv;
    if (port_start(&tried, error, error_size) != PORT_OK)
        return 0;
    port_now(&from);
    do {
        port_wait(STEP_MS);
        length = hear(said, length);
        ended = port_ended(&how);
    } while (!ended && clock_seconds(&from) < TRY_S && !port_stopping());
    if (!ended)
        port_kill();
    length = hear(said, length);
    port_reap();
    if (ended && how.code == 0 && how.signal == 0 && length > sizeof mark - 1 && memcmp(said, mark, sizeof mark - 1) == 0)
        return 1;
    strcpy(error, "the new program does not start as an agent here");
    return 0;
}

const char *update_agent(struct job *job, const char **bad, char *error, unsigned error_size)
{
    struct job_file *file = &job->files[0];
    int result;

    *bad = file->name;
    if (!port_is_program(program))
        return "cannot";
    if (place_check(file, program) == MEASURE_OK) {
        *bad = NULL;
        port_delete(file->source);
        return "done";
    }
    result = place_check(file, file->source);
    if (result != MEASURE_OK)
        return place_reason(result);
    /* FTP servers do not flush; once it has the program's name, the bytes must be on the disk. */
    result = measure_flush(file->source);
    if (result != MEASURE_OK)
        return place_reason(result);
    if (!is_agent(file->source + strlen("STAGE/"), error, error_size))
        return port_stopping() ? NULL : "start-failed";
    result = measure_copy(program, spare);
    if (result != MEASURE_OK)
        return place_reason(result);
    port_hand_over(file->source, program, spare, error, error_size);
    return "start-failed";
}
