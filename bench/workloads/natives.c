// Threads that Python knows nothing of, as numeric libraries start them: each computes a little and
// sleeps, and none ever takes the GIL.
#include <pthread.h>
#include <stddef.h>
#include <time.h>

static volatile double sink;

static void *work(void *unused)
{
    (void)unused;
    for (;;) {
        double sum = 0;
        for (int i = 1; i < 5000; i++)
            sum += 1.0 / i;
        sink = sum;
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    }
    return NULL;
}

int natives_start(int count);

int natives_start(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL) != 0)
            return i;
        pthread_detach(thread);
    }
    return count;
}
