/* A disk that stalls: whatever is written to a regular file waits as long as the file named by STALL is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static void stall(int file) {
    const char *flag = getenv("STALL");
    struct stat found;
    if (flag && !fstat(file, &found) && S_ISREG(found.st_mode))
        while (!access(flag, F_OK)) usleep(1000);
}

#define STALLED(result, name, parameters, ...)                             \
    result name parameters {                                               \
        stall(file);                                                       \
        return ((result(*) parameters)dlsym(RTLD_NEXT, #name))(__VA_ARGS__); \
    }

STALLED(ssize_t, write, (int file, const void *data, size_t size), file, data, size)
STALLED(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at), file, data, size, at)
STALLED(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at), file, data, size, at)
STALLED(int, fsync, (int file), file)
STALLED(int, fdatasync, (int file), file)
