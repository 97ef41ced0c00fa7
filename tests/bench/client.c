/*
 * The client of the benchmark, which is fast enough not to be the bottleneck. client.py does the same where no compiler
 * is installed.
 *
 *   client TARGET latency N LINE END     N round trips, replies end with END: {"p50":us,"p99":us}
 *   client TARGET pipeline N LINE        N lines as fast as possible: {"perSecond":n}
 *   client TARGET until NEEDLE LINE      one line, then read until NEEDLE is near the end: {"seconds":s,"bytes":n}
 *   client TARGET drain                  read to the end: {"seconds":s,"bytes":n}
 *   client TARGET spawns N FORMAT        N times FORMAT (%d: a number), each up to its exit frame: {"perSecond":n}
 *   client TARGET first LINE             from before connecting to the first reply: {"seconds":s}
 *
 * TARGET is the path of a unix socket, or "exec:COMMAND" for the pipes of a shell command.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int in, out;
static char buffer[1 << 20];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void open_target(const char *target) {
  if (strncmp(target, "exec:", 5) != 0) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, target, sizeof address.sun_path - 1);
    in = out = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(in, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    return;
  }
  int up[2], down[2];
  if (pipe(up) < 0 || pipe(down) < 0) fail("pipe");
  if (fork() == 0) {
    dup2(up[0], 0);
    dup2(down[1], 1);
    close(up[0]), close(up[1]), close(down[0]), close(down[1]);
    execl("/bin/sh", "sh", "-c", target + 5, NULL);
    _exit(127);
  }
  close(up[0]), close(down[1]);
  in = down[0], out = up[1];
}

static void send_all(const char *bytes, long length) {
  while (length > 0) {
    long n = write(out, bytes, length);
    if (n < 0) fail("write");
    bytes += n, length -= n;
  }
}

static long receive(void) {
  long n = read(in, buffer, sizeof buffer);
  if (n < 0) fail("read");
  return n;
}

/* Reads until a needle is near the end of the data, even if split between reads; returns the number of bytes. */
static long read_until(const char *needle) {
  enum { TAIL = 256 };
  static char window[TAIL + (1 << 20)];
  long total = 0, kept = 0, length = strlen(needle);
  for (;;) {
    long n = read(in, window + kept, 1 << 20);
    if (n <= 0) fail("read");
    total += n;
    long end = kept + n;
    kept = end < TAIL ? end : TAIL;
    memmove(window, window + end - kept, kept);
    if (memmem(window, kept, needle, length) != NULL) return total;
  }
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void latency(int count, const char *line, char end) {
  double *times = malloc(count * sizeof *times);
  long length = strlen(line);
  for (int i = 0; i < count; i++) {
    double start = now();
    send_all(line, length);
    for (long n = receive(); buffer[n - 1] != end; n = receive())
      if (n == 0) fail("end");
    times[i] = now() - start;
  }
  qsort(times, count, sizeof *times, by_value);
  printf("{\"p50\":%.2f,\"p99\":%.2f}\n", times[count / 2] * 1e6, times[count * 99L / 100] * 1e6);
}

static void pipeline(int count, const char *line) {
  enum { BATCH = 500 };
  long length = strlen(line), size = length * BATCH, total = (long)count * length, sent = 0;
  char *batch = malloc(size);
  for (int i = 0; i < BATCH; i++) memcpy(batch + i * length, line, length);
  fcntl(out, F_SETFL, O_NONBLOCK);
  double start = now();
  for (long answered = 0; answered < count;) {
    struct pollfd polled = {in, POLLIN | (sent < total ? POLLOUT : 0), 0};
    poll(&polled, 1, -1);
    if (polled.revents & (POLLIN | POLLHUP)) {
      long n = receive();
      if (n == 0) fail("end");
      for (char *at = buffer; (at = memchr(at, '\n', buffer + n - at)) != NULL; at++) answered++;
    }
    if (polled.revents & POLLOUT) {
      long from = sent % size, wanted = size - from;
      long n = write(out, batch + from, wanted < total - sent ? wanted : total - sent);
      if (n > 0) sent += n;
    }
  }
  printf("{\"perSecond\":%.0f}\n", count / (now() - start));
}

static void spawns(int count, const char *format) {
  double start = now();
  for (int i = 0; i < count; i++) {
    char line[4096];
    send_all(line, snprintf(line, sizeof line, format, i));
    read_until("\"exitCode\"");
  }
  printf("{\"perSecond\":%.1f}\n", count / (now() - start));
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const char *mode = argv[2];
  double start = now();
  open_target(argv[1]);
  if (strcmp(mode, "first") == 0) {
    send_all(argv[3], strlen(argv[3]));
    if (receive() == 0) fail("end");
    printf("{\"seconds\":%.6f}\n", now() - start);
  } else if (strcmp(mode, "latency") == 0) {
    latency(atoi(argv[3]), argv[4], argv[5][0]);
  } else if (strcmp(mode, "pipeline") == 0) {
    pipeline(atoi(argv[3]), argv[4]);
  } else if (strcmp(mode, "spawns") == 0) {
    spawns(atoi(argv[3]), argv[4]);
  } else if (strcmp(mode, "until") == 0) {
    start = now();
    send_all(argv[4], strlen(argv[4]));
    long bytes = read_until(argv[3]);
    printf("{\"seconds\":%.6f,\"bytes\":%ld}\n", now() - start, bytes);
  } else if (strcmp(mode, "drain") == 0) {
    start = now();
    long bytes = 0;
    for (long n = receive(); n > 0; n = receive()) bytes += n;
    printf("{\"seconds\":%.6f,\"bytes\":%ld}\n", now() - start, bytes);
  }
  return 0;
}
