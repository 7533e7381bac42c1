/* names.h - the names that the protocol allows. All answer 1 or 0. */
#ifndef NAMES_H
#define NAMES_H

#define ID_SIZE 9      /* 8 hex digits and the end */
#define TOKEN_SIZE 17  /* 16 hex digits and the end */
#define NAME_SIZE 13   /* 8.3 and the end */
#define BUNDLE_SIZE 11 /* B/ and 8 hex digits and the end */

int name_is_hex(const char *text, unsigned digits); /* exactly so many upper-case hex digits */
int name_is_allowed(const char *text);              /* 8.3 and no device */
int name_is_bundle(const char *text);               /* B/<8 hex> */
int name_is_reserved(const char *text);             /* a bundle's file that only the agent writes */
int name_is_command(const char *text);              /* what prog= may say */

#endif
