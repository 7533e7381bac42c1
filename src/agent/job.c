#include "job.h"

#include "port.h"
#include "text.h"

#include <string.h>

#define LOG_MAX 8388608UL

const char *job_kinds(void)
{
    return port_can(PORT_CAN_UPDATE) ? "run,place,verify,kill,remove,probe,update" : "run,place,verify,kill,remove,probe";
}

/* Keys that stand once. */
enum {
    KEY_V, KEY_ID, KEY_TOKEN, KEY_DAEMON, KEY_KIND, KEY_DIR, KEY_EXE, KEY_PROG, KEY_LIMIT, KEY_QUIET, KEY_LOG_MAX,
    KEY_STDIN, KEY_SHELL, KEY_TARGET, KEY_TARGET_TOKEN, KEY_COUNT
};
static const char *const key_names[KEY_COUNT] = {
    "v", "id", "token", "daemon", "kind", "dir", "exe", "prog", "limit_s", "quiet_s", "log_max",
    "stdin", "shell", "target", "target_token"
};

/* Keys that repeat, as found. */
struct lists {
    char *single[KEY_COUNT];
    char *file[JOB_FILES];
    const char *why;
};

static void take_line(struct job *job, struct lists *found, const char *key, char *value)
{
    int i;

    if (strcmp(key, "arg") == 0) {
        if (job->args < JOB_ARGS)
            job->argv[++job->args] = value;
        else
            found->why = "too-long";
    } else if (strcmp(key, "keep") == 0) {
        if (job->keeps < JOB_KEEPS)
            job->keep[job->keeps++] = value;
        else
            found->why = "too-long";
    } else if (strcmp(key, "file") == 0) {
        if (job->file_count < JOB_FILES)
            found->file[job->file_count++] = value;
        else
            found->why = "too-long";
    } else {
        for (i = 0; i < KEY_COUNT; i++)
            if (found->single[i] == NULL && strcmp(key, key_names[i]) == 0)
                found->single[i] = value;
    }
}

static void read_lines(struct job *job, struct lists *found)
{
    char *key;
    char *value;
    int result;

    while ((result = text_next(&key, &value)) != TEXT_END) {
        if (result == TEXT_OK)
            take_line(job, found, key, value);
        else if (found->why == NULL)
            found->why = result == TEXT_LONG ? "too-long" : "text";
    }
}

/* The END repeats these also when the rest is not understood, as far as they can be meant. */
static void read_mark(struct job *job, const struct lists *found)
{
    const char *token = found->single[KEY_TOKEN];
    const char *owner = found->single[KEY_DAEMON];
    const char *kind = found->single[KEY_KIND];
    size_t length;

    if (token != NULL && name_is_hex(token, 16))
        strcpy(job->mark.token, token);
    if (owner != NULL && name_is_hex(owner, 16))
        strcpy(job->mark.daemon, owner);
    if (kind == NULL)
        return;
    length = strspn(kind, "abcdefghijklmnopqrstuvwxyz");
    if (length >= 1 && length < sizeof job->mark.kind && kind[length] == '\0')
        strcpy(job->mark.kind, kind);
}

static enum job_kind kind_of(const char *word)
{
    static const char *const words[] = {"run", "place", "verify", "kill", "remove", "probe", "update"};
    int i;

    for (i = 0; i < (int)(sizeof words / sizeof words[0]); i++)
        if (strcmp(word, words[i]) == 0)
            return (enum job_kind)(JOB_RUN + i);
    return JOB_NONE;
}

static const char *check_dir(struct job *job, const struct lists *found)
{
    const char *dir = found->single[KEY_DIR];

    if (dir == NULL || !name_is_bundle(dir))
        return "dir";
    strcpy(job->dir, dir);
    return NULL;
}

static const char *check_numbers(struct job *job, const struct lists *found)
{
    job->log_max = LOG_MAX;
    if (found->single[KEY_LIMIT] != NULL && !text_number(found->single[KEY_LIMIT], &job->limit_s))
        return "number";
    if (found->single[KEY_QUIET] != NULL && !text_number(found->single[KEY_QUIET], &job->quiet_s))
        return "number";
    if (found->single[KEY_LOG_MAX] != NULL && !text_number(found->single[KEY_LOG_MAX], &job->log_max))
        return "number";
    return NULL;
}

static const char *check_program(struct job *job, const struct lists *found)
{
    char *exe = found->single[KEY_EXE];
    char *prog = found->single[KEY_PROG];
    const char *shell = found->single[KEY_SHELL];

    if ((exe == NULL) == (prog == NULL))
        return "exe";
    if (exe != NULL ? !name_is_allowed(exe) : !name_is_command(prog))
        return "exe";
    job->program = exe != NULL ? exe : prog;
    job->by_path = exe == NULL;
    job->shell = shell != NULL && strcmp(shell, "1") == 0 && port_can(PORT_CAN_SHELL);
    job->argv[0] = job->program;
    job->argv[job->args + 1] = NULL;
    return NULL;
}

void job_program(struct job *job, struct port_program *program)
{
    program->dir = job->dir;
    program->file = job->program;
    program->by_path = job->by_path;
    program->argv = job->argv;
    program->shell = job->shell;
    program->input = job->input;
}

/* What no interpreter takes for something else, and the system hands on as it is. */
static int takes_arguments(struct job *job)
{
    struct port_program program;
    unsigned i;

    for (i = 1; job->shell && i <= job->args; i++)
        if (strpbrk(job->argv[i], "\"&^%<>|") != NULL)
            return 0;
    job_program(job, &program);
    return port_takes(&program);
}

static const char *check_run(struct job *job, const struct lists *found)
{
    const char *why = check_dir(job, found);
    unsigned i;

    if (why == NULL)
        why = check_program(job, found);
    if (why == NULL)
        why = check_numbers(job, found);
    if (why != NULL)
        return why;
    if (!takes_arguments(job))
        return "arg";
    for (i = 0; i < job->keeps; i++)
        if (!name_is_allowed(job->keep[i]))
            return "file";
    job->input = found->single[KEY_STDIN];
    return job->input != NULL && !name_is_allowed(job->input) ? "file" : NULL;
}

/* Ends the text at its next comma and returns what follows; null when there is none. */
static char *cut_at_comma(char *text)
{
    char *comma = text == NULL ? NULL : strchr(text, ',');

    if (comma == NULL)
        return NULL;
    *comma = '\0';
    return comma + 1;
}

static int read_crc(const char *text, unsigned long *crc)
{
    static const char digits[] = "0123456789ABCDEF";

    if (!name_is_hex(text, 8))
        return 0;
    *crc = 0;
    for (; *text != '\0'; text++)
        *crc = *crc * 16 + (unsigned long)(strchr(digits, *text) - digits);
    return 1;
}

static int is_source(const char *text)
{
    if (strncmp(text, "STAGE/", 6) == 0)
        return name_is_allowed(text + 6);
    return strlen(text) > 11 && text[0] == 'B' && text[1] == '/' && text[10] == '/' &&
           strspn(text + 2, "0123456789ABCDEF") == 8 && name_is_allowed(text + 11);
}

/* The name of a file and, except for a remove, what it should measure. */
static const char *check_claim(struct job *job, struct job_file *file, char *text)
{
    char *size = cut_at_comma(text);
    char *crc = cut_at_comma(size);

    file->name = text;
    if (!name_is_allowed(file->name) || name_is_reserved(file->name))
        return "file";
    if (job->kind == JOB_REMOVE)
        return size == NULL ? NULL : "file";
    if (crc == NULL || !read_crc(crc, &file->crc))
        return "file";
    return text_number(size, &file->size) ? NULL : "number";
}

static const char *check_file(struct job *job, char *text, unsigned index)
{
    struct job_file *file = &job->files[index];
    const char *why;
    unsigned i;

    if (job->kind == JOB_PLACE || job->kind == JOB_UPDATE) {
        file->source = text;
        text = cut_at_comma(text);
        if (text == NULL || !is_source(file->source))
            return "file";
    }
    why = check_claim(job, file, text);
    for (i = 0; i < index && why == NULL; i++)
        if (strcmp(job->files[i].name, file->name) == 0)
            why = "file";
    return why;
}

static const char *check_files(struct job *job, const struct lists *found)
{
    const char *why = check_dir(job, found);
    unsigned i;

    if (why == NULL && job->file_count == 0)
        why = "file";
    for (i = 0; i < job->file_count && why == NULL; i++)
        why = check_file(job, found->file[i], i);
    return why;
}

/* One file, and no other than the agent's own. */
static const char *check_update(struct job *job, const struct lists *found)
{
    const char *why;

    if (!port_can(PORT_CAN_UPDATE))
        return "kind";
    if (job->file_count != 1)
        return "file";
    why = check_file(job, found->file[0], 0);
    if (why != NULL)
        return why;
    return job->files[0].source[0] == 'S' && strcmp(job->files[0].name, "AGENT.EXE") == 0 ? NULL : "file";
}

static const char *check_kill(struct job *job, const struct lists *found)
{
    const char *target = found->single[KEY_TARGET];
    const char *token = found->single[KEY_TARGET_TOKEN];

    if (target == NULL || !name_is_hex(target, 8))
        return "id";
    if (token == NULL || !name_is_hex(token, 16))
        return "token";
    strcpy(job->target, target);
    strcpy(job->target_token, token);
    return NULL;
}

static const char *check_job(struct job *job, const struct lists *found)
{
    const char *id = found->single[KEY_ID];
    const char *version = found->single[KEY_V];

    if (found->why != NULL)
        return found->why;
    if (id == NULL || strcmp(id, job->mark.id) != 0)
        return "id";
    if (job->mark.token[0] == '\0' || job->mark.daemon[0] == '\0')
        return "token";
    if (version == NULL || strcmp(version, "1") != 0)
        return "kind";
    switch (job->kind) {
    case JOB_RUN:
        return check_run(job, found);
    case JOB_PLACE:
    case JOB_VERIFY:
    case JOB_REMOVE:
        return check_files(job, found);
    case JOB_KILL:
        return check_kill(job, found);
    case JOB_UPDATE:
        return check_update(job, found);
    case JOB_PROBE:
        return NULL;
    default:
        return "kind";
    }
}

int job_load(struct job *job, const char *path, const char *id)
{
    static struct lists found;
    int result = text_load(path);

    if (result == TEXT_NONE || result == TEXT_OPEN)
        return 0;
    memset(job, 0, sizeof *job);
    memset(&found, 0, sizeof found);
    strcpy(job->mark.id, id);
    if (result == TEXT_LONG)
        found.why = "too-long";
    read_lines(job, &found);
    read_mark(job, &found);
    job->kind = kind_of(job->mark.kind);
    job->why = check_job(job, &found);
    return 1;
}
