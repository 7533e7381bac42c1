/* w32tree.c - Windows: all that a program has started. From Windows 2000 on a job object holds it together; before, the
   list of processes says who started whom, looked at so often that few get away. */
#include "w32.h"

#include <string.h>
#include <tlhelp32.h>

#define MOST 64
#define MOST_BEFORE 512
#define DIES_WITH_AGENT 0x2000UL
#define LIMITS 9 /* JobObjectExtendedLimitInformation */

/* What JobObjectExtendedLimitInformation takes. */
struct limits {
    LARGE_INTEGER times[2];
    DWORD flags;
    SIZE_T working_set[2];
    DWORD processes;
    ULONG_PTR affinity;
    DWORD classes[2];
    LARGE_INTEGER counters[6];
    SIZE_T memory[4];
};

static struct {
    HANDLE job; /* null: there are none here */
    unsigned count;
    DWORD ids[MOST];      /* the first is the program itself */
    HANDLE handles[MOST]; /* while we have one its id is not given to another process; null: not allowed */
    /* Ids of who was there before the program: their parents' ids may by now be those of its processes. */
    DWORD before[MOST_BEFORE];
    unsigned before_count;
} tree;

static HANDLE make_job(void)
{
    HANDLE(WINAPI * create)(SECURITY_ATTRIBUTES *, const char *);
    BOOL(WINAPI * set)(HANDLE, int, void *, DWORD);
    struct limits limits;
    HANDLE job;

    /* Windows 9x may have the name, but not what is behind it. */
    if (w32_is_9x() || !w32_find("KERNEL32.DLL", "CreateJobObjectA", &create) ||
        !w32_find("KERNEL32.DLL", "SetInformationJobObject", &set))
        return NULL;
    job = create(NULL, NULL);
    memset(&limits, 0, sizeof limits);
    limits.flags = DIES_WITH_AGENT;
    if (job != NULL)
        set(job, LIMITS, &limits, sizeof limits);
    return job;
}

static int is_in(const DWORD *ids, unsigned count, DWORD id)
{
    unsigned i;

    for (i = 0; i < count; i++)
        if (ids[i] == id)
            return 1;
    return 0;
}

/* Tells each process there is. Answers how many times `take` did; 0 also on Windows NT 4, which has no such list. */
static int each_process(int (*take)(const PROCESSENTRY32 *))
{
    HANDLE(WINAPI * snapshot)(DWORD, DWORD);
    BOOL(WINAPI * first)(HANDLE, PROCESSENTRY32 *);
    BOOL(WINAPI * next)(HANDLE, PROCESSENTRY32 *);
    PROCESSENTRY32 entry;
    HANDLE list;
    BOOL more;
    int taken = 0;

    if (!w32_find("KERNEL32.DLL", "CreateToolhelp32Snapshot", &snapshot) ||
        !w32_find("KERNEL32.DLL", "Process32First", &first) || !w32_find("KERNEL32.DLL", "Process32Next", &next))
        return 0;
    list = snapshot(TH32CS_SNAPPROCESS, 0);
    if (list == INVALID_HANDLE_VALUE)
        return 0;
    entry.dwSize = sizeof entry;
    for (more = first(list, &entry); more; more = next(list, &entry))
        taken += take(&entry);
    CloseHandle(list);
    return taken;
}

static int note_before(const PROCESSENTRY32 *entry)
{
    if (entry->th32ProcessID == tree.ids[0] || tree.before_count == MOST_BEFORE)
        return 0;
    tree.before[tree.before_count++] = entry->th32ProcessID;
    return 1;
}

static int add_child(const PROCESSENTRY32 *entry)
{
    DWORD id = entry->th32ProcessID;

    if (tree.count == MOST || !is_in(tree.ids, tree.count, entry->th32ParentProcessID) ||
        is_in(tree.ids, tree.count, id) || is_in(tree.before, tree.before_count, id))
        return 0;
    tree.ids[tree.count] = id;
    tree.handles[tree.count] = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, id);
    tree.count++;
    return 1;
}

void w32_tree_begin(HANDLE process, DWORD id)
{
    BOOL(WINAPI * assign)(HANDLE, HANDLE);

    memset(&tree, 0, sizeof tree);
    tree.ids[0] = id;
    tree.count = 1;
    tree.job = make_job();
    if (tree.job != NULL && w32_find("KERNEL32.DLL", "AssignProcessToJobObject", &assign) && assign(tree.job, process))
        return;
    /* The agent itself may be in a job that lets nobody out. */
    if (tree.job != NULL)
        CloseHandle(tree.job);
    tree.job = NULL;
    each_process(note_before);
}

void w32_tree_look(void)
{
    if (tree.job != NULL || tree.count == 0)
        return;
    while (each_process(add_child) > 0)
        ;
}

int w32_tree_alive(void)
{
    unsigned i;

    if (tree.job != NULL)
        return 1;
    w32_tree_look();
    for (i = 1; i < tree.count; i++)
        if (tree.handles[i] != NULL && WaitForSingleObject(tree.handles[i], 0) != WAIT_OBJECT_0)
            return 1;
    return 0;
}

void w32_tree_kill(void)
{
    BOOL(WINAPI * terminate)(HANDLE, UINT);
    unsigned i;

    if (tree.job != NULL) {
        if (w32_find("KERNEL32.DLL", "TerminateJobObject", &terminate))
            terminate(tree.job, W32_KILLED);
        return;
    }
    w32_tree_look();
    for (i = 1; i < tree.count; i++)
        if (tree.handles[i] != NULL)
            TerminateProcess(tree.handles[i], W32_KILLED);
}

void w32_tree_end(void)
{
    unsigned i;

    w32_tree_kill();
    /* What the ones that are gone now had started meanwhile. */
    w32_tree_kill();
    for (i = 1; i < tree.count; i++)
        if (tree.handles[i] != NULL)
            CloseHandle(tree.handles[i]);
    if (tree.job != NULL)
        CloseHandle(tree.job);
    memset(&tree, 0, sizeof tree);
}
