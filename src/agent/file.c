/* musl finds a library that is loaded by its file, not by the name. The file of one that was brought by an attach is gone
 * afterwards; so that the next attach finds this one it stays open, above where programs look for theirs. */
#ifdef HEATLINE_MUSL
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

enum { DESCRIPTOR_LEAST = 500 };

__attribute__((constructor)) static void keep_open(void)
{
    Dl_info info;
    int fd = dladdr((void *)keep_open, &info) ? open(info.dli_fname, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTOR_LEAST) >= 0)
        close(fd);
}
#endif
