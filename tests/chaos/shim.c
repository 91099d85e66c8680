/* A wrong clock and a full disk, as a program meets them: at the calls of the C library.
 *
 * CHAOS_CLOCK   seconds that this process's wall clock is ahead (or behind, if negative)
 * CHAOS_FULL    a file: while it exists, nothing under the folder CHAOS_UNDER can grow
 *
 * Environment, not a stand-in for anything of ours: what runs under it is the program as it is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static long ahead(void) {
    static long seconds = LONG_MIN;
    if (seconds == LONG_MIN) {
        const char *word = getenv("CHAOS_CLOCK");
        seconds = word ? atol(word) : 0;
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    static __typeof__(&clock_gettime) real;
    if (!real) real = REAL(clock_gettime);
    int status = real(clock, at);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += ahead();
    return status;
}

int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

/* Is this descriptor a file under the full folder, and would this write make it longer? */
static int is_full(int fd, off_t end) {
    static const char *flag, *under;
    static int known;
    if (!known) {
        flag = getenv("CHAOS_FULL");
        under = getenv("CHAOS_UNDER");
        known = 1;
    }
    if (!flag || !under || access(flag, F_OK) != 0) return 0;
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, under, strlen(under)) != 0) return 0;
    return end < 0 || end > about.st_size;
}

static off_t end_of(int fd, size_t count) {
    off_t here = lseek(fd, 0, SEEK_CUR);
    if (here < 0 || (fcntl(fd, F_GETFL) & O_APPEND)) return -1;
    return here + (off_t)count;
}

#define REFUSE(fd, end) do { if (is_full(fd, end)) { errno = ENOSPC; return -1; } } while (0)

ssize_t write(int fd, const void *data, size_t count) {
    static __typeof__(&write) real;
    if (!real) real = REAL(write);
    if (fd > 2) REFUSE(fd, end_of(fd, count));
    return real(fd, data, count);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t place) {
    static __typeof__(&pwrite) real;
    if (!real) real = REAL(pwrite);
    REFUSE(fd, place + (off_t)count);
    return real(fd, data, count, place);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off_t place) {
    static __typeof__(&pwrite64) real;
    if (!real) real = REAL(pwrite64);
    REFUSE(fd, place + (off_t)count);
    return real(fd, data, count, place);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    static __typeof__(&writev) real;
    if (!real) real = REAL(writev);
    size_t total = 0;
    for (int part = 0; part < count; part++) total += parts[part].iov_len;
    if (fd > 2) REFUSE(fd, end_of(fd, total));
    return real(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t place) {
    static __typeof__(&pwritev) real;
    if (!real) real = REAL(pwritev);
    size_t total = 0;
    for (int part = 0; part < count; part++) total += parts[part].iov_len;
    REFUSE(fd, place + (off_t)total);
    return real(fd, parts, count, place);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t place) {
    return pwritev(fd, parts, count, place);
}

int posix_fallocate(int fd, off_t place, off_t count) {
    static __typeof__(&posix_fallocate) real;
    if (!real) real = REAL(posix_fallocate);
    if (is_full(fd, place + count)) return ENOSPC;
    return real(fd, place, count);
}

int posix_fallocate64(int fd, off_t place, off_t count) {
    return posix_fallocate(fd, place, count);
}

int fallocate(int fd, int mode, off_t place, off_t count) {
    static __typeof__(&fallocate) real;
    if (!real) real = REAL(fallocate);
    REFUSE(fd, place + count);
    return real(fd, mode, place, count);
}

int ftruncate(int fd, off_t length) {
    static __typeof__(&ftruncate) real;
    if (!real) real = REAL(ftruncate);
    REFUSE(fd, length);
    return real(fd, length);
}

int ftruncate64(int fd, off_t length) {
    return ftruncate(fd, length);
}
