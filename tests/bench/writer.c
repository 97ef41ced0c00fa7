/* Writes TOTAL bytes to stdout in pieces of SIZE as fast as possible; each piece is a line. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long total = atol(argv[1]), size = atol(argv[2]);
  char *piece = malloc(size);
  memset(piece, 'x', size);
  piece[size - 1] = '\n';
  for (long left = total; left > 0;) {
    long n = write(1, piece, left < size ? left : size);
    if (n < 0) return 1;
    left -= n;
  }
  return 0;
}
