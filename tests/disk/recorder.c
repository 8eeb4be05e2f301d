/* Preloaded into a process, this records what reaches the files below a directory, in the order in which it does: the data
   of every write, every sync, every change of a directory. It can also make writes and syncs fail.

   DISK_ROOT    the directory, without symbolic links; nothing is recorded if it is not set
   DISK_LOG     the file for the record, outside of the directory
   DISK_FAULTS  a file that says what fails while it is there: `write|sync ERRNO SKIP COUNT NAME`, see below

   Only system calls are made below, so that nothing here depends on being initialised before its callers. What this does
   not know how to record it records as such (UNKNOWN), and whoever reads the record must refuse it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE = 1, UNNAMED, MAKE_DIRECTORY, WRITE, FILL, TRUNCATE, SYNC_BEGIN, SYNC_END, SYNC_RANGE, RENAME, UNLINK,
            REMOVE_DIRECTORY, UNKNOWN };

struct head {
  uint32_t kind;
  uint32_t is_data_sync;
  uint64_t inode;
  int64_t number;
  uint32_t first_bytes;
  uint32_t second_bytes;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static const char *faults;
static size_t root_bytes;
static int record = -1;
static int64_t sync_count;

__attribute__((constructor)) static void begin(void) {
  const char *log = getenv("DISK_LOG");
  root = getenv("DISK_ROOT");
  faults = getenv("DISK_FAULTS");
  root_bytes = root ? strlen(root) : 0;
  if (!root || !log) return;
  int descriptor = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  record = fcntl(descriptor, F_DUPFD_CLOEXEC, 500);
  if (record < 0) abort();
  syscall(SYS_close, descriptor);
}

static void emit(enum kind kind, uint64_t inode, int64_t number, const void *first, size_t first_bytes,
                 const void *second, size_t second_bytes, int is_data_sync) {
  if (record < 0) return;
  int error = errno;
  struct head head = {kind, (uint32_t)is_data_sync, inode, number, (uint32_t)first_bytes, (uint32_t)second_bytes};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)first, first_bytes}, {(void *)second, second_bytes}};
  size_t bytes = sizeof head + first_bytes + second_bytes;
  if (syscall(SYS_writev, record, parts, 3) != (ssize_t)bytes) abort();
  errno = error;
}

static int is_below_root(const char *path) {
  return root && !strncmp(path, root, root_bytes) && (path[root_bytes] == '/' || !path[root_bytes]);
}

/* The path of an open file, and whether it lies below the directory. */
static int find(int descriptor, char *path) {
  char link[64];
  if (!root) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  int error = errno;
  ssize_t bytes = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  errno = error;
  if (bytes < 0) return 0;
  path[bytes] = 0;
  return is_below_root(path);
}

static int resolve(int directory, const char *path, char *absolute) {
  char parent[PATH_MAX];
  if (!root) return 0;
  if (path[0] == '/') {
    snprintf(absolute, PATH_MAX, "%s", path);
  } else {
    if (directory == AT_FDCWD) {
      if (!getcwd(parent, sizeof parent)) return 0;
    } else {
      find(directory, parent);
    }
    if (snprintf(absolute, PATH_MAX, "%s/%s", parent, path) >= PATH_MAX) abort();
  }
  return is_below_root(absolute);
}

static uint64_t inode_of(int descriptor, mode_t *mode, off_t *size) {
  struct stat status;
  if (fstat(descriptor, &status)) abort();
  if (mode) *mode = status.st_mode;
  if (size) *size = status.st_size;
  return status.st_ino;
}

static void unknown(const char *call, const char *path) {
  emit(UNKNOWN, 0, 0, call, strlen(call), path, strlen(path), 0);
}

/* Whether this operation is to fail: the file says which, with what, after how many, how many times, and on files and
   directories of which name; a count below 0 stands for always. What it counts begins anew when it says something else. */
static int fault_of(const char *operation, const char *path) {
  static char before[128];
  static long passed, failed;
  char text[128] = {0}, name[16], file[64];
  int number;
  long skip, count;
  if (!faults) return 0;
  int descriptor = (int)syscall(SYS_openat, AT_FDCWD, faults, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    before[0] = 0;
    return 0;
  }
  if (syscall(SYS_read, descriptor, text, sizeof text - 1) < 0) abort();
  syscall(SYS_close, descriptor);
  if (strcmp(text, before)) {
    memcpy(before, text, sizeof before);
    passed = failed = 0;
  }
  if (sscanf(text, "%15s %d %ld %ld %63s", name, &number, &skip, &count, file) != 5) abort();
  if (strcmp(name, operation) || strcmp(strrchr(path, '/') + 1, file) || passed++ < skip || (count >= 0 && failed >= count)) return 0;
  failed++;
  return number;
}

static int open_at(int directory, const char *path, int flags, mode_t mode) {
  if (!root) return (int)syscall(SYS_openat, directory, path, flags, mode);
  char found[PATH_MAX];
  struct stat before;
  pthread_mutex_lock(&mutex);
  int is_new = (flags & O_CREAT) && fstatat(directory, path, &before, 0);
  int is_cut = (flags & O_TRUNC) && !is_new && !fstatat(directory, path, &before, 0) && before.st_size > 0;
  int is_unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  int descriptor = (int)syscall(SYS_openat, directory, path, flags, mode);
  if (descriptor >= 0 && (is_new || is_cut || is_unnamed) && find(descriptor, found)) {
    uint64_t inode = inode_of(descriptor, NULL, NULL);
    if (is_unnamed) emit(UNNAMED, inode, 0, NULL, 0, NULL, 0, 0);
    else if (is_new) emit(CREATE, inode, 0, found, strlen(found), NULL, 0, 0);
    else emit(TRUNCATE, inode, 0, NULL, 0, NULL, 0, 0);
  }
  pthread_mutex_unlock(&mutex);
  return descriptor;
}

#define MODE_OF(flags)                                                   \
  mode_t mode = 0;                                                       \
  if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) {       \
    va_list arguments;                                                   \
    va_start(arguments, flags);                                          \
    mode = va_arg(arguments, mode_t);                                    \
    va_end(arguments);                                                   \
  }

int open(const char *path, int flags, ...) { MODE_OF(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int directory, const char *path, int flags, ...) { MODE_OF(flags) return open_at(directory, path, flags, mode); }
int openat64(int directory, const char *path, int flags, ...) { MODE_OF(flags) return open_at(directory, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static void emit_data(uint64_t inode, off_t offset, const char *data, size_t bytes) {
  if (bytes > 4096 && !memcmp(data, data + 1, bytes - 1)) {
    uint64_t count = bytes;
    emit(FILL, inode, offset, data, 1, &count, sizeof count, 0);
  } else {
    emit(WRITE, inode, offset, data, bytes, NULL, 0, 0);
  }
}

/* A write at a place, or, if that is negative, where the file is. One that fails may still have written a part. */
static ssize_t write_to(int descriptor, const void *data, size_t bytes, off_t offset) {
  char path[PATH_MAX];
  struct stat status;
  int is_file = root && !fstat(descriptor, &status) && S_ISREG(status.st_mode) && find(descriptor, path);
  if (!is_file) {
    if (offset < 0) return syscall(SYS_write, descriptor, data, bytes);
    return syscall(SYS_pwrite64, descriptor, data, bytes, offset);
  }
  pthread_mutex_lock(&mutex);
  off_t place = offset;
  if (offset < 0) {
    uint64_t inode = inode_of(descriptor, NULL, &place);
    (void)inode;
    if (!(fcntl(descriptor, F_GETFL) & O_APPEND)) place = lseek(descriptor, 0, SEEK_CUR);
  }
  int fault = fault_of("write", path);
  size_t wanted = fault ? bytes / 2 : bytes;
  ssize_t written = 0;
  if (wanted > 0 || !fault) {
    written = offset < 0 ? syscall(SYS_write, descriptor, data, wanted)
                         : syscall(SYS_pwrite64, descriptor, data, wanted, offset);
  }
  if (written > 0) emit_data(status.st_ino, place, data, (size_t)written);
  if (fault) {
    errno = fault;
    written = -1;
  }
  pthread_mutex_unlock(&mutex);
  return written;
}

ssize_t write(int descriptor, const void *data, size_t bytes) { return write_to(descriptor, data, bytes, -1); }
ssize_t pwrite(int descriptor, const void *data, size_t bytes, off_t offset) { return write_to(descriptor, data, bytes, offset); }
ssize_t pwrite64(int descriptor, const void *data, size_t bytes, off64_t offset) { return write_to(descriptor, data, bytes, offset); }

static int cut(int descriptor, off_t length) {
  char path[PATH_MAX];
  if (!find(descriptor, path)) return (int)syscall(SYS_ftruncate, descriptor, length);
  pthread_mutex_lock(&mutex);
  int outcome = (int)syscall(SYS_ftruncate, descriptor, length);
  if (!outcome) emit(TRUNCATE, inode_of(descriptor, NULL, NULL), length, NULL, 0, NULL, 0, 0);
  pthread_mutex_unlock(&mutex);
  return outcome;
}

int ftruncate(int descriptor, off_t length) { return cut(descriptor, length); }
int ftruncate64(int descriptor, off64_t length) { return cut(descriptor, length); }

/* Durable is what was written before the call begins, and it is so only when the call has ended. */
static int sync_with(long call, int descriptor) {
  char path[PATH_MAX];
  if (!find(descriptor, path)) return (int)syscall(call, descriptor);
  mode_t mode;
  uint64_t inode = inode_of(descriptor, &mode, NULL);
  pthread_mutex_lock(&mutex);
  int fault = fault_of("sync", path);
  int64_t number = sync_count++;
  if (!fault) emit(SYNC_BEGIN, inode, number, path, strlen(path), NULL, 0, call == SYS_fdatasync);
  pthread_mutex_unlock(&mutex);
  if (fault) {
    errno = fault;
    return -1;
  }
  int outcome = (int)syscall(call, descriptor);
  pthread_mutex_lock(&mutex);
  if (!outcome) emit(SYNC_END, inode, number, NULL, 0, NULL, 0, call == SYS_fdatasync);
  pthread_mutex_unlock(&mutex);
  return outcome;
}

int fsync(int descriptor) { return sync_with(SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return sync_with(SYS_fdatasync, descriptor); }

/* It starts writing out, and makes nothing durable. */
int sync_file_range(int descriptor, off64_t offset, off64_t bytes, unsigned int flags) {
  char path[PATH_MAX];
  pthread_mutex_lock(&mutex);
  if (find(descriptor, path)) emit(SYNC_RANGE, inode_of(descriptor, NULL, NULL), offset, NULL, 0, NULL, 0, 0);
  pthread_mutex_unlock(&mutex);
  return (int)syscall(SYS_sync_file_range, descriptor, offset, bytes, flags);
}

static int rename_at(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags) {
  char from_path[PATH_MAX], to_path[PATH_MAX];
  int is_from = resolve(from_directory, from, from_path), is_to = resolve(to_directory, to, to_path);
  pthread_mutex_lock(&mutex);
  int outcome = (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
  if (!outcome && (is_from || is_to)) {
    if (flags || is_from != is_to) unknown("renameat2", from_path);
    emit(RENAME, 0, 0, from_path, strlen(from_path), to_path, strlen(to_path), 0);
  }
  pthread_mutex_unlock(&mutex);
  return outcome;
}

int rename(const char *from, const char *to) { return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  return rename_at(from_directory, from, to_directory, to, 0);
}
int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags) {
  return rename_at(from_directory, from, to_directory, to, flags);
}

static int unlink_at(int directory, const char *path, int flags) {
  char absolute[PATH_MAX];
  int is_below = resolve(directory, path, absolute);
  pthread_mutex_lock(&mutex);
  int outcome = (int)syscall(SYS_unlinkat, directory, path, flags);
  if (!outcome && is_below) {
    emit(flags & AT_REMOVEDIR ? REMOVE_DIRECTORY : UNLINK, 0, 0, absolute, strlen(absolute), NULL, 0, 0);
  }
  pthread_mutex_unlock(&mutex);
  return outcome;
}

int unlink(const char *path) { return unlink_at(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlink_at(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int directory, const char *path, int flags) { return unlink_at(directory, path, flags); }

static int make_directory(int directory, const char *path, mode_t mode) {
  char absolute[PATH_MAX];
  struct stat status;
  int is_below = resolve(directory, path, absolute);
  pthread_mutex_lock(&mutex);
  int outcome = (int)syscall(SYS_mkdirat, directory, path, mode);
  if (!outcome && is_below) {
    if (fstatat(directory, path, &status, 0)) abort();
    emit(MAKE_DIRECTORY, status.st_ino, 0, absolute, strlen(absolute), NULL, 0, 0);
  }
  pthread_mutex_unlock(&mutex);
  return outcome;
}

int mkdir(const char *path, mode_t mode) { return make_directory(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char *path, mode_t mode) { return make_directory(directory, path, mode); }

/* What the journal does not use. */
#define REFUSE(call, descriptor)                                         \
  do {                                                                   \
    char refused[PATH_MAX];                                              \
    if (find(descriptor, refused)) {                                     \
      pthread_mutex_lock(&mutex);                                        \
      unknown(call, refused);                                            \
      pthread_mutex_unlock(&mutex);                                      \
    }                                                                    \
  } while (0)

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  REFUSE("writev", descriptor);
  return syscall(SYS_writev, descriptor, parts, count);
}
ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
  REFUSE("pwritev", descriptor);
  return syscall(SYS_pwritev, descriptor, parts, count, offset, 0L);
}
ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t offset) {
  REFUSE("pwritev64", descriptor);
  return syscall(SYS_pwritev, descriptor, parts, count, offset, 0L);
}
int fallocate(int descriptor, int mode, off_t offset, off_t bytes) {
  REFUSE("fallocate", descriptor);
  return (int)syscall(SYS_fallocate, descriptor, mode, offset, bytes);
}
int fallocate64(int descriptor, int mode, off64_t offset, off64_t bytes) {
  REFUSE("fallocate64", descriptor);
  return (int)syscall(SYS_fallocate, descriptor, mode, offset, bytes);
}
int syncfs(int descriptor) {
  REFUSE("syncfs", descriptor);
  return (int)syscall(SYS_syncfs, descriptor);
}
ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t bytes, unsigned int flags) {
  REFUSE("copy_file_range", to);
  return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, bytes, flags);
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t bytes) {
  REFUSE("sendfile64", to);
  return syscall(SYS_sendfile, to, from, offset, bytes);
}
int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  char absolute[PATH_MAX];
  if (resolve(to_directory, to, absolute)) unknown("linkat", absolute);
  return (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

static void *map(void *address, size_t bytes, int protection, int flags, int descriptor, off_t offset) {
  if (descriptor >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE)) REFUSE("mmap", descriptor);
  return (void *)syscall(SYS_mmap, address, bytes, protection, flags, descriptor, offset);
}
void *mmap(void *address, size_t bytes, int protection, int flags, int descriptor, off_t offset) {
  return map(address, bytes, protection, flags, descriptor, offset);
}
void *mmap64(void *address, size_t bytes, int protection, int flags, int descriptor, off64_t offset) {
  return map(address, bytes, protection, flags, descriptor, offset);
}
