/*
 * Many HTTP clients in one process, to load a server with. Each keeps its connection and fetches the same file again
 * and again until the time is over; status and Content-Length of every answer are checked, the body is counted and
 * thrown away. A server that closes a connection after an answer without having said so ends the run: firmware sends
 * requests twice then. It keeps to the last CPU.
 *
 * Usage: http_load SERVER NAME SIZE CONNECTIONS SECONDS
 *   Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 2048, PIECE = 1 << 20 };

struct client {
    int fd;
    char head[HEAD];
    size_t head_length;
    uint64_t left; /* bytes of the body still to come */
    double first_byte;
};

static char request[512];
static uint64_t file_size, total_bytes;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void fail(const char *why, const char *what)
{
    fprintf(stderr, "http_load: %s: %s\n", why, what);
    exit(1);
}

static void ask(struct client *c)
{
    c->head_length = 0;
    if (send(c->fd, request, strlen(request), 0) != (ssize_t)strlen(request))
        fail("send", strerror(errno));
}

/* Takes what has come of the head; returns whether it is complete. */
static bool take_head(struct client *c)
{
    ssize_t n = recv(c->fd, c->head + c->head_length, HEAD - 1 - c->head_length, MSG_PEEK);
    if (n <= 0)
        fail("recv", n ? strerror(errno) : "closed by the server");
    c->head[c->head_length + (size_t)n] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    size_t keep = end ? (size_t)(end + 4 - c->head) - c->head_length : (size_t)n;
    (void)!recv(c->fd, c->head + c->head_length, keep, 0);
    c->head_length += keep;
    if (!end) {
        if (c->head_length == HEAD - 1)
            fail("answer", "its head is too long");
        return false;
    }
    const char *length = strcasestr(c->head, "\r\nContent-Length:");
    if (strncmp(c->head, "HTTP/1.1 200 ", 13) != 0 || !length || strtoull(length + 17, NULL, 10) != file_size)
        fail("answer", c->head);
    c->left = file_size;
    return true;
}

static void receive(struct client *c, double t)
{
    if (c->left == 0 && !take_head(c))
        return;
    size_t want = c->left < PIECE ? c->left : PIECE;
    ssize_t n = recv(c->fd, NULL, want, MSG_TRUNC | MSG_DONTWAIT); /* TCP: throws the bytes away, tcp(7) */
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        fail("recv", n ? strerror(errno) : "closed by the server");
    if (c->first_byte == 0)
        c->first_byte = t;
    total_bytes += (uint64_t)n;
    c->left -= (uint64_t)n;
    if (c->left == 0)
        ask(c);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: http_load SERVER NAME SIZE CONNECTIONS SECONDS\n");
        return 2;
    }
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(80)};
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
        return 2;
    snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[2], argv[1]);
    file_size = strtoull(argv[3], NULL, 10);
    int count = atoi(argv[4]);
    double seconds = atof(argv[5]);
    cpu_set_t last;
    CPU_ZERO(&last);
    CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
    (void)!sched_setaffinity(0, sizeof last, &last);

    struct client *clients = calloc((size_t)count, sizeof *clients);
    int poller = epoll_create1(0);
    if (!clients || poller < 0)
        return 1;
    double start = now(), end = start + seconds, t = start;
    for (int i = 0; i < count; i++) {
        struct client *c = &clients[i];
        c->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&server, sizeof server) < 0)
            fail("connect", strerror(errno));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
        ask(c);
    }
    while (t < end) {
        struct epoll_event ready[64];
        int n = epoll_wait(poller, ready, 64, 20);
        t = now();
        for (int i = 0; i < n; i++)
            receive(ready[i].data.ptr, t);
    }
    double latest = 0;
    int late = 0;
    for (int i = 0; i < count; i++) {
        double waited = (clients[i].first_byte ? clients[i].first_byte : t) - start;
        latest = waited > latest ? waited : latest;
        late += waited > 2;
    }
    printf("{\"bytes\": %llu, \"seconds\": %.6f, \"datagrams\": 0, \"latest_first_byte\": %.6f, \"late\": %d}\n",
           (unsigned long long)total_bytes, t - start, latest, late);
    return 0;
}
