/* path.h - the paths that a client may say, and what they are on the disk. Nothing here leaves the root. */
#ifndef FTPD_PATH_H
#define FTPD_PATH_H

#define PATH_SIZE 260

enum {
    PATH_PATTERN = 1 /* the last name may hold * and ? */
};

/* Where the tree begins. Both are set once, before anything else is asked. `only` is the one name that exists there,
   or empty for all. */
void path_set_root(const char *root, const char *only);

/* What `said` means in `folder`: begins with /, without . and .. and empty names. 0 when a name is not allowed:
   devices, drive letters, and what the system would take for another name. `result` has PATH_SIZE bytes. */
int path_resolve(const char *folder, const char *said, int flags, char *result);
/* The name that the system knows it by; 0 when it is too long or there is no such place. `local` has PATH_SIZE bytes. */
int path_local(const char *path, char *local);
/* 1 for the places that a client may not rename or remove: the root and the only folder in it. */
int path_is_top(const char *path);
int path_has_pattern(const char *path);
/* The one name that may be shown of what is in a folder, or null for all. */
const char *path_filter(const char *folder);

#endif
