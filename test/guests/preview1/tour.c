// guests/preview1/tour.c: a program of wasi-libc that goes through files, time and the standard streams.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void report(const char *what, int result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static void show(const char *path) {
  char line[64];
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file)) printf("  %s", line);
  if (file) fclose(file);
}

static void files(void) {
  FILE *file = fopen("/data/a.txt", "w");
  fprintf(file, "first\n");
  fclose(file);
  file = fopen("/data/a.txt", "a");
  fprintf(file, "second\n");
  fclose(file);
  show("/data/a.txt");
  report("mkdir", mkdir("/data/dir", 0777));
  report("mkdir again", mkdir("/data/dir", 0777));
  report("rename", rename("/data/a.txt", "/data/dir/b.txt"));
  report("symlink", symlink("dir/b.txt", "/data/link"));
  show("/data/link");
  report("missing", open("/data/a.txt", O_RDONLY));
  report("escape", open("/data/../../etc/passwd", O_RDONLY));
  report("write a directory", open("/data/dir", O_WRONLY));
  report("rmdir", rmdir("/data/dir"));

  struct stat link, file_stat;
  lstat("/data/link", &link);
  stat("/data/link", &file_stat);
  printf("%d %d %lld\n", S_ISLNK(link.st_mode), S_ISREG(file_stat.st_mode), (long long)file_stat.st_size);

  struct timespec times[2] = {{1000000000, 1}, {1234567891, 987654321}};
  report("utimens", utimensat(AT_FDCWD, "/data/link", times, 0));
  stat("/data/dir/b.txt", &file_stat);
  printf("%lld.%09ld\n", (long long)file_stat.st_mtim.tv_sec, file_stat.st_mtim.tv_nsec);

  int fd = open("/data/dir/b.txt", O_RDWR);
  printf("%lld %d ", (long long)lseek(fd, -3, SEEK_END), (int)write(fd, "X", 1));
  report("truncate", ftruncate(fd, 13));
  close(fd);
  report("closed", close(fd));
  show("/data/link");
}

static void clear(void) {
  DIR *directory = opendir("/data");
  struct dirent *entry;
  int count = 0;
  unlink("/data/dir/b.txt");
  while ((entry = readdir(directory))) {
    char path[300];
    snprintf(path, sizeof path, "/data/%s", entry->d_name);
    if (entry->d_name[0] != '.') count += unlink(path) == 0 || rmdir(path) == 0;
  }
  closedir(directory);
  printf("removed %d\n", count);
}

static void streams(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  printf("poll %d %d\n", poll(&input, 1, 10000), input.revents & POLLIN);
  char bytes[100];
  long total = 0, sum = 0;
  for (ssize_t count; (count = read(0, bytes, sizeof bytes)) > 0; total += count)
    for (ssize_t i = 0; i < count; i++) sum += (unsigned char)bytes[i];
  printf("read %ld, sum %ld\n", total, sum);
  fprintf(stderr, "to stderr\n");
}

static void times(void) {
  struct timespec before, after, nap = {0, 20000000};
  clock_gettime(CLOCK_MONOTONIC, &before);
  nanosleep(&nap, NULL);
  clock_gettime(CLOCK_MONOTONIC, &after);
  long long ns = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
  printf("slept %d, epoch %d\n", ns >= 20000000, time(NULL) > 1600000000);
}

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("[%s]", argv[i]);
  printf(" %s\n", getenv("TOUR") ? getenv("TOUR") : "(unset)");
  files();
  clear();
  times();
  streams();
  return 7;
}
