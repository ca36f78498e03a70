/*
 * Many TFTP clients in one process, to load a server with. Each fetches the same file again and again until the time
 * is over. Behaves as RFC 1350, 2347, 2348 and 7440 say, and as boot firmware does: it asks again after one second
 * of silence. Drops a share of the datagrams of both directions by a generator with a fixed seed (the kernel at
 * hand may have no netem). Every block is compared with the pattern that the benchmark's file is made of (the 32-bit
 * word number i is i * 2654435761, little-endian): client 0 compares whole blocks, the others their length and first
 * bytes, so that the load costs less than the server that it is put on. It keeps to the last CPU for the same reason.
 * With JOIN 1 it takes datagrams that were sent together in one piece (UDP_GRO), which over a veth pair also leaves
 * out cutting them: as between network cards that do both. With JOIN 0 the kernel cuts, on the sender's account.
 *
 * Usage: tftp_load SERVER NAME SIZE CLIENTS SECONDS BLKSIZE WINDOW DROP_PER_MILLE SEED JOIN
 *   BLKSIZE 0, WINDOW 0: the option is not sent. Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
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

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };
enum { BATCH = 8, LARGEST = 65536, HEAD = 128, LATE_SECONDS = 2 };
enum { UDP_GRO_OPTION = 104 };

static const double RETRY_SECONDS = 1.0;
static const double PATIENCE_SECONDS = 20.0;

struct client {
    int fd;
    bool connected;       /* to the server's port of this transfer */
    bool gap_told;        /* an ACK about a missing block has been sent */
    uint32_t blocks;      /* in order so far, not rolled over */
    uint32_t told;        /* block of the last ACK */
    uint32_t block_size, window;
    double began, heard, retry_at, first_byte;
    uint64_t bytes;       /* of this transfer */
};

static struct sockaddr_in server;
static const char *name;
static uint64_t file_size;
static uint32_t asked_block_size, asked_window, drop_per_mille;
static uint64_t dice;
static int poller, joining;
static uint64_t total_bytes, datagrams, finished, failed, damaged;
static unsigned char *pattern;
static unsigned char buffers[BATCH][LARGEST];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool dropped(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return drop_per_mille != 0 && (dice >> 11) % 1000 < drop_per_mille;
}

static void transmit(struct client *c, const void *data, size_t length)
{
    datagrams++;
    if (dropped())
        return;
    if (c->connected)
        (void)!send(c->fd, data, length, 0);
    else
        (void)!sendto(c->fd, data, length, 0, (struct sockaddr *)&server, sizeof server);
}

static void send_request(struct client *c)
{
    char packet[600];
    int n = snprintf(packet, sizeof packet, "%c%c%s%coctet%c", 0, RRQ, name, 0, 0);
    if (asked_block_size)
        n += snprintf(packet + n, sizeof packet - (size_t)n, "blksize%c%u%c", 0, asked_block_size, 0);
    if (asked_window)
        n += snprintf(packet + n, sizeof packet - (size_t)n, "windowsize%c%u%c", 0, asked_window, 0);
    transmit(c, packet, (size_t)n);
}

static void send_ack(struct client *c)
{
    unsigned char packet[4] = {0, ACK, (unsigned char)(c->blocks >> 8), (unsigned char)c->blocks};
    c->told = c->blocks;
    transmit(c, packet, sizeof packet);
}

static void begin(struct client *c, double t)
{
    if (c->fd >= 0)
        close(c->fd);
    double first_byte = c->first_byte;
    *c = (struct client){.block_size = 512, .window = 1, .began = t, .heard = t, .first_byte = first_byte};
    c->retry_at = t + RETRY_SECONDS;
    c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (joining)
        setsockopt(c->fd, IPPROTO_UDP, UDP_GRO_OPTION, &joining, sizeof joining);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (c->fd < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) < 0) {
        perror("tftp_load: socket");
        exit(1);
    }
    send_request(c);
}

static void take_options(struct client *c, const char *at, const char *end)
{
    while (at < end) {
        const char *value = at + strnlen(at, (size_t)(end - at)) + 1;
        if (value >= end)
            return;
        if (!strcasecmp(at, "blksize"))
            c->block_size = (uint32_t)atoi(value);
        else if (!strcasecmp(at, "windowsize"))
            c->window = (uint32_t)atoi(value);
        at = value + strnlen(value, (size_t)(end - value)) + 1;
    }
}

/* Returns whether the transfer is over. */
static bool take_block(struct client *c, const unsigned char *packet, size_t length, size_t seen, double t)
{
    uint16_t number = (uint16_t)(packet[2] << 8 | packet[3]);
    uint16_t ahead = (uint16_t)(number - (uint16_t)c->blocks);
    size_t payload = length - 4;
    if (ahead != 1) {
        if (ahead == 0 && c->blocks == c->told)
            send_ack(c);                       /* our ACK was lost */
        else if (ahead > 1 && ahead < 0x8000 && !c->gap_told) {
            c->gap_told = true;                /* RFC 7440: a block is missing before this one */
            send_ack(c);
        }
        return false;
    }
    if (c->bytes + payload > file_size || memcmp(packet + 4, pattern + c->bytes, seen - 4) != 0) {
        damaged++;
        return true;
    }
    if (c->first_byte == 0)
        c->first_byte = t;
    c->gap_told = false;
    c->blocks++;
    c->bytes += payload;
    c->heard = t;
    c->retry_at = t + RETRY_SECONDS;
    total_bytes += payload;
    if (payload < c->block_size) {
        send_ack(c);
        if (c->bytes != file_size)
            damaged++;
        else
            finished++;
        return true;
    }
    if (c->blocks - c->told >= c->window)
        send_ack(c);
    return false;
}

/* Returns whether the transfer is over. */
static bool take(struct client *c, const unsigned char *packet, size_t length, size_t seen,
                 const struct sockaddr_in *from, double t)
{
    datagrams++;
    if (length < 4 || dropped())
        return false;
    if (!c->connected && packet[1] != ERROR) {
        if (connect(c->fd, (const struct sockaddr *)from, sizeof *from) < 0)
            return false;
        c->connected = true;
    }
    switch (packet[1]) {
    case OACK:
        if (c->blocks == 0) {
            take_options(c, (const char *)packet + 2, (const char *)packet + seen);
            c->heard = t;
            c->retry_at = t + RETRY_SECONDS;
            send_ack(c);
        }
        return false;
    case DATA:
        return take_block(c, packet, length, seen, t);
    case ERROR:
        fprintf(stderr, "tftp_load: the server said: %.*s\n", (int)seen - 4, (const char *)packet + 4);
        failed++;
        return true;
    }
    return false;
}

/* Returns how long each datagram is in what the kernel may have joined. */
static size_t datagram_size(struct msghdr *message, size_t length)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO_OPTION) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof size);
            return (size_t)size;
        }
    return length ? length : 1;
}

static void receive(struct client *c, bool whole, double t)
{
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_in from[BATCH];
    char control[BATCH][CMSG_SPACE(sizeof(int))];
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){buffers[i], LARGEST};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i],
            .msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = sizeof control[i]};
    }
    int count = recvmmsg(c->fd, messages, BATCH, 0, NULL);
    for (int i = 0; i < count; i++) {
        size_t total = messages[i].msg_len, size = datagram_size(&messages[i].msg_hdr, total);
        for (size_t at = 0; at < total; at += size) {
            size_t length = total - at < size ? total - at : size;
            if (take(c, buffers[i] + at, length, whole || length < HEAD ? length : HEAD, &from[i], t)) {
                begin(c, t);
                return;
            }
        }
    }
}

static void retry(struct client *c, double t)
{
    if (t - c->heard > PATIENCE_SECONDS) {
        failed++;
        begin(c, t);
        return;
    }
    c->retry_at = t + RETRY_SECONDS;
    if (c->connected)
        send_ack(c);
    else
        send_request(c);
}

static void report(struct client *clients, int count, double start, double end)
{
    double latest = 0;
    int late = 0;
    for (int i = 0; i < count; i++) {
        double waited = (clients[i].first_byte ? clients[i].first_byte : end) - start;
        latest = waited > latest ? waited : latest;
        late += waited > LATE_SECONDS;
    }
    printf("{\"bytes\": %llu, \"seconds\": %.6f, \"datagrams\": %llu, \"latest_first_byte\": %.6f, \"late\": %d}\n",
           (unsigned long long)total_bytes, end - start, (unsigned long long)datagrams, latest, late);
    if (failed || damaged)
        fprintf(stderr, "tftp_load: %llu files arrived, %llu transfers failed, %llu arrived damaged\n",
                (unsigned long long)finished, (unsigned long long)failed, (unsigned long long)damaged);
}

int main(int argc, char **argv)
{
    if (argc != 11) {
        fprintf(stderr, "usage: tftp_load SERVER NAME SIZE CLIENTS SECONDS BLKSIZE WINDOW DROP_PER_MILLE SEED JOIN\n");
        return 2;
    }
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(69)};
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
        return 2;
    name = argv[2];
    file_size = strtoull(argv[3], NULL, 10);
    int count = atoi(argv[4]);
    double seconds = atof(argv[5]);
    asked_block_size = (uint32_t)atoi(argv[6]);
    asked_window = (uint32_t)atoi(argv[7]);
    drop_per_mille = (uint32_t)atoi(argv[8]);
    dice = 0x9E3779B97F4A7C15ull * (strtoull(argv[9], NULL, 10) + 1);
    joining = atoi(argv[10]);

    pattern = malloc(file_size + 4);
    struct client *clients = calloc((size_t)count, sizeof *clients);
    if (!pattern || !clients)
        return 1;
    for (uint64_t i = 0; i < file_size / 4 + 1; i++)
        ((uint32_t *)(void *)pattern)[i] = (uint32_t)(i * 2654435761u);
    cpu_set_t last;
    CPU_ZERO(&last);
    CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
    (void)!sched_setaffinity(0, sizeof last, &last);
    poller = epoll_create1(0);
    double start = now(), end = start + seconds, t = start, swept = start;
    for (int i = 0; i < count; i++) {
        clients[i].fd = -1;
        begin(&clients[i], start);
    }
    while (t < end) {
        struct epoll_event ready[256];
        int n = epoll_wait(poller, ready, 256, 20);
        t = now();
        for (int i = 0; i < n; i++)
            receive(ready[i].data.ptr, ready[i].data.ptr == clients, t);
        if (t - swept > 0.02) {
            swept = t;
            for (int i = 0; i < count; i++)
                if (t >= clients[i].retry_at)
                    retry(&clients[i], t);
        }
    }
    report(clients, count, start, t);
    return damaged || (failed && !drop_per_mille);
}
