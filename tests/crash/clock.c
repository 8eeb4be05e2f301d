/* The wall clock of a process, moved by as many seconds as a file says, which is read through memory at each look.
   ARROWROOT_TEST_CLOCK names the file: eight bytes, in the machine's order. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *moved_seconds;

__attribute__((constructor)) static void map_file(void) {
  const char *path = getenv("ARROWROOT_TEST_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) abort();
  void *memory = mmap(NULL, sizeof *moved_seconds, PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) abort();
  moved_seconds = memory;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_REALTIME && moved_seconds) time->tv_sec += *moved_seconds;
  return result;
}
