/* Stands between SQLite and the disk (LD_PRELOAD), for the files of one database.

   DISK_DATABASE  the database's path; its -wal and -journal count too.
   DISK_JOURNAL   where to note each write, truncation, removal and sync, with what was written and when
                  (CLOCK_MONOTONIC, nanoseconds): from it a test makes what the disk would hold after a cut.
   DISK_LIMIT     a file that holds a number: while it is there, no file of the database grows beyond so many
                  bytes; as on a full disk, a write is cut short there and the next one fails with ENOSPC.

   A write is noted before it is done and a sync after: what was synced before a moment was noted before it. */

#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE = 2, SYNC = 3, REMOVE = 4 };
enum { MOST_FILES = 4096 };

struct record {
    uint64_t nanoseconds, operation, file, offset, length;
};

static const char *const SUFFIXES[] = {"", "-wal", "-journal"};
static unsigned char kind_of[MOST_FILES]; /* by descriptor: 0 is none of ours, then SUFFIXES from 1 */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static unsigned char kind(const char *path) {
    const char *database = getenv("DISK_DATABASE");
    size_t length = database ? strlen(database) : 0;
    if (!length || strncmp(path, database, length) != 0) return 0;
    for (unsigned char each = 0; each < 3; each++)
        if (strcmp(path + length, SUFFIXES[each]) == 0) return each + 1;
    return 0;
}

static unsigned char known(int descriptor) {
    return descriptor >= 0 && descriptor < MOST_FILES ? kind_of[descriptor] : 0;
}

static void note(uint64_t operation, unsigned char file, off_t offset, const void *data, size_t length) {
    const char *path = getenv("DISK_JOURNAL");
    struct timespec now;
    if (!path) return;
    if (journal < 0) journal = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct record record = {now.tv_sec * 1000000000ull + now.tv_nsec, operation, file - 1, offset, length};
    ssize_t (*put)(int, const void *, size_t) = REAL(write);
    if (put(journal, &record, sizeof record) != sizeof record) abort();
    if (data && put(journal, data, length) != (ssize_t)length) abort();
}

/* Return how much of a write the disk takes; -1 if nothing. */
static ssize_t room(int descriptor, off_t offset, size_t length) {
    const char *path = getenv("DISK_LIMIT");
    FILE *file = path ? fopen(path, "re") : NULL;
    struct stat status;
    long long limit;
    if (!file) return length;
    int read = fscanf(file, "%lld", &limit);
    fclose(file);
    if (read != 1 || fstat(descriptor, &status) != 0) return length;
    if (limit < status.st_size) limit = status.st_size;
    if (offset + (off_t)length <= limit) return length;
    return offset < limit ? limit - offset : -1;
}

static int opened(int descriptor, const char *path) {
    if (descriptor >= 0 && descriptor < MOST_FILES) kind_of[descriptor] = kind(path);
    return descriptor;
}

#define OPEN(name)                                                                     \
    int name(const char *path, int flags, ...) {                                       \
        va_list rest;                                                                  \
        va_start(rest, flags);                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;        \
        va_end(rest);                                                                  \
        return opened(REAL(name)(path, flags, mode), path);                            \
    }
OPEN(open)
OPEN(open64)

int close(int descriptor) {
    if (known(descriptor)) kind_of[descriptor] = 0;
    return REAL(close)(descriptor);
}

static ssize_t written(int descriptor, const void *data, size_t length, off_t offset) {
    ssize_t taken = room(descriptor, offset, length);
    if (taken < 0) {
        errno = ENOSPC;
        return -1;
    }
    note(WRITE, kind_of[descriptor], offset, data, taken);
    return REAL(pwrite64)(descriptor, data, taken, offset);
}

#define PWRITE(name, type)                                                             \
    ssize_t name(int descriptor, const void *data, size_t length, type offset) {       \
        if (!known(descriptor)) return REAL(name)(descriptor, data, length, offset);   \
        pthread_mutex_lock(&turn);                                                     \
        ssize_t done = written(descriptor, data, length, offset);                      \
        int failure = errno;                                                           \
        pthread_mutex_unlock(&turn);                                                   \
        errno = failure;                                                               \
        return done;                                                                   \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int descriptor, const void *data, size_t length) {
    if (!known(descriptor)) return REAL(write)(descriptor, data, length);
    pthread_mutex_lock(&turn);
    off_t offset = lseek(descriptor, 0, SEEK_CUR);
    ssize_t done = written(descriptor, data, length, offset);
    int failure = errno;
    if (done > 0) lseek(descriptor, offset + done, SEEK_SET);
    pthread_mutex_unlock(&turn);
    errno = failure;
    return done;
}

#define TRUNCATED(name, type)                                                          \
    int name(int descriptor, type length) {                                            \
        pthread_mutex_lock(&turn);                                                     \
        if (known(descriptor)) note(TRUNCATE, kind_of[descriptor], length, NULL, 0);   \
        int done = REAL(name)(descriptor, length);                                     \
        pthread_mutex_unlock(&turn);                                                   \
        return done;                                                                   \
    }
TRUNCATED(ftruncate, off_t)
TRUNCATED(ftruncate64, off64_t)

#define SYNCED(name)                                                                   \
    int name(int descriptor) {                                                         \
        if (!known(descriptor)) return REAL(name)(descriptor);                         \
        pthread_mutex_lock(&turn);                                                     \
        int done = REAL(name)(descriptor);                                             \
        if (done == 0) note(SYNC, kind_of[descriptor], 0, NULL, 0);                    \
        pthread_mutex_unlock(&turn);                                                   \
        return done;                                                                   \
    }
SYNCED(fsync)
SYNCED(fdatasync)

int unlink(const char *path) {
    unsigned char file = kind(path);
    pthread_mutex_lock(&turn);
    if (file) note(REMOVE, file, 0, NULL, 0);
    int done = REAL(unlink)(path);
    pthread_mutex_unlock(&turn);
    return done;
}
