#include "inject/patch.h"

#include <errno.h>
#include <sys/uio.h>

void patch_add(struct patch *p, uint64_t address, uint64_t value, uint32_t len_bytes)
{
    p->words[p->len++] = (struct patch_word){address, value, len_bytes};
}

enum rd patch_bytes(pid_t pid, uint64_t address, const void *bytes, size_t len_bytes)
{
    struct iovec local = {(void *)(uintptr_t)bytes, len_bytes};
    struct iovec remote = {(void *)(uintptr_t)address, len_bytes};
    ssize_t done = process_vm_writev(pid, &local, 1, &remote, 1, 0);
    if (done == (ssize_t)len_bytes)
        return RD_OK;
    if (done >= 0)
        return RD_TORN;
    return errno == ESRCH ? RD_GONE : errno == EPERM ? RD_DENIED : RD_TORN;
}

enum rd patch_write(const struct patch *p, pid_t pid)
{
    enum rd rd = RD_OK;
    for (size_t i = 0; i < p->len && rd == RD_OK; i++)
        rd = patch_bytes(pid, p->words[i].address, &p->words[i].value, p->words[i].len_bytes);
    return rd;
}
