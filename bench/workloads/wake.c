// A loop that only sleeps: what waking RATE times a second costs here before any sampling is done.
// `wake RATE SECONDS`. Absolute deadlines on the monotonic clock, as a sampler has them.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    long rate = atol(argv[1]), wakes = rate * atol(argv[2]);
    if (rate < 1)
        return 2;
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    for (long i = 0; i < wakes; i++) {
        at.tv_nsec += 1000000000 / rate;
        if (at.tv_nsec >= 1000000000) {
            at.tv_nsec -= 1000000000;
            at.tv_sec++;
        }
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
            continue;
    }
    printf("%ld\n", wakes);
    return 0;
}
