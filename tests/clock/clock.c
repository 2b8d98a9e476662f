/* Shows a process, and those that it starts, another date: the calendar's clock is CLOCK_AHEAD seconds ahead.
   Clocks that measure how long something takes are left alone, so that nothing waits longer or shorter. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static int (*system_clock)(clockid_t, struct timespec *);

static long long ahead(void) {
  static long long seconds;
  static int is_read;
  if (!is_read) {
    const char *given = getenv("CLOCK_AHEAD");
    seconds = given ? strtoll(given, NULL, 10) : 0;
    is_read = 1;
  }
  return seconds;
}

static int shows_date(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (!system_clock) system_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int failed = system_clock(clock, now);
  if (!failed && shows_date(clock)) now->tv_sec += ahead();
  return failed;
}

time_t time(time_t *copy) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (copy) *copy = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
  if (base != TIME_UTC) return 0;
  clock_gettime(CLOCK_REALTIME, now);
  return base;
}

/* The zone that the second argument asks for has been obsolete for decades; nothing here reads it. */
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (now) *now = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
  return 0;
}

/* The kernel does not know the other date: a time to wait until is given to it by its own clock. */
static struct timespec real(const struct timespec *shown) {
  return (struct timespec){.tv_sec = shown->tv_sec - ahead(), .tv_nsec = shown->tv_nsec};
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
  int (*wait)(sem_t *, const struct timespec *) =
      (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
  struct timespec then = real(until);
  return wait(semaphore, &then);
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until) {
  int (*wait)(sem_t *, clockid_t, const struct timespec *) =
      (int (*)(sem_t *, clockid_t, const struct timespec *))dlsym(RTLD_NEXT, "sem_clockwait");
  struct timespec then = shows_date(clock) ? real(until) : *until;
  return wait(semaphore, clock, &then);
}
