/* w32info.c - Windows: what the system says of itself. */
#include "w32.h"

#include <string.h>

static const char *name_of(const OSVERSIONINFOA *version)
{
    if (version->dwPlatformId != VER_PLATFORM_WIN32_NT) {
        if (version->dwMinorVersion >= 90)
            return "Me";
        return version->dwMinorVersion >= 10 ? "98" : "95";
    }
    if (version->dwMajorVersion != 5)
        return "NT";
    return version->dwMinorVersion == 0 ? "2000" : "XP";
}

static void tell_version(struct port_facts *facts)
{
    OSVERSIONINFOA version;
    const char *more;

    facts->platform = w32_is_9x() ? "win9x" : "winnt";
    memset(&version, 0, sizeof version);
    version.dwOSVersionInfoSize = sizeof version;
    if (!GetVersionExA(&version))
        return;
    /* Windows 9x repeats its version in the upper half; what it adds may be " A ". */
    more = version.szCSDVersion + strspn(version.szCSDVersion, " ");
    sprintf(facts->os, "Windows %s %lu.%lu.%lu", name_of(&version), version.dwMajorVersion, version.dwMinorVersion,
            version.dwBuildNumber & 0xFFFF);
    if (*more != '\0')
        sprintf(facts->os + strlen(facts->os), " %.40s", more);
    while (facts->os[strlen(facts->os) - 1] == ' ')
        facts->os[strlen(facts->os) - 1] = '\0';
}

void port_facts(struct port_facts *facts)
{
    MEMORYSTATUS memory;
    DWORD size = sizeof facts->name;

    memset(facts, 0, sizeof *facts);
    tell_version(facts);
    if (!GetComputerNameA(facts->name, &size))
        facts->name[0] = '\0';
    strcpy(facts->arch, "i386");
    w32_cpu(facts->cpu);
    facts->mhz = w32_mhz();
    memory.dwLength = sizeof memory;
    GlobalMemoryStatus(&memory);
    facts->ram_kb = (unsigned long)(memory.dwTotalPhys / 1024);
    facts->ram_free_kb = (unsigned long)(memory.dwAvailPhys / 1024);
    facts->uptime_s = GetTickCount() / 1000;
    facts->agent_pid = GetCurrentProcessId();
}
