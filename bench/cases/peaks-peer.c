/* The peer of the peaks benchmark: the plain loop, min and max per 256 frames and channel, then mips by two. Prints milliseconds, median of 15. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RATE 48000
#define SECONDS 180
#define STEP 256

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(void) {
  size_t frames = (size_t)RATE * SECONDS, peaks = (frames + STEP - 1) / STEP;
  float *channel[2];
  unsigned state = 1;
  for (int c = 0; c < 2; c++) {
    channel[c] = malloc(frames * sizeof(float));
    for (size_t i = 0; i < frames; i++) {
      state = state * 1664525u + 1013904223u;
      channel[c][i] = (float)((int)state) / 2147483648.0f;
    }
  }
  float *out = malloc(peaks * 4 * 2 * sizeof(float));
  double times[15];
  volatile float sink = 0;
  for (int round = 0; round < 15; round++) {
    double start = now();
    float *at = out;
    for (int c = 0; c < 2; c++) {
      float *level = at;
      for (size_t p = 0; p < peaks; p++) {
        float low = 1e30f, high = -1e30f;
        size_t end = (p + 1) * STEP < frames ? (p + 1) * STEP : frames;
        for (size_t i = p * STEP; i < end; i++) {
          low = channel[c][i] < low ? channel[c][i] : low;
          high = channel[c][i] > high ? channel[c][i] : high;
        }
        *at++ = low;
        *at++ = high;
      }
      for (size_t n = peaks; n > 1; n = (n + 1) / 2) {
        float *next = at;
        for (size_t p = 0; p < n; p += 2) {
          size_t q = p + 1 < n ? p + 1 : p;
          *at++ = level[p * 2] < level[q * 2] ? level[p * 2] : level[q * 2];
          *at++ = level[p * 2 + 1] > level[q * 2 + 1] ? level[p * 2 + 1] : level[q * 2 + 1];
        }
        level = next;
      }
      sink += at[-1];
    }
    times[round] = now() - start;
  }
  qsort(times, 15, sizeof(double), ascending);
  printf("%f\n", times[7]);
  return 0;
}
