// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a scenario needs and busybox has not. Runs in test machines only.
 *
 *   vm-helper plant TAG MIB    fills anonymous memory with pages that start with
 *                              "TAG page N\n", prints "planted", keeps them until killed
 *   vm-helper find TAG FILE    counts the different N among the pages of FILE that start so;
 *                              a vmcore has some pages twice, since memory of the kernel's
 *                              image that it freed lies in two segments
 *   vm-helper font             writes the console's font: "WIDTH HEIGHT COUNT\n", then
 *                              COUNT glyphs of HEIGHT rows of (WIDTH + 7) / 8 bytes
 */
#include <fcntl.h>
#include <linux/kd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES	4096
#define FONT_ROWS	32	/* what the kernel hands out per glyph, whatever the height */
#define FONT_MAX	512
#define PLANT_MAX_PAGES	(1024 * 256)

static int plant(const char *tag, unsigned int mib)
{
	size_t bytes = (size_t)mib << 20;
	char *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		snprintf(mem + at, PAGE_BYTES, "%s page %zu\n", tag, at / PAGE_BYTES);
	puts("planted");
	fflush(stdout);
	for (;;)
		pause();
}

static int find(const char *tag, const char *path)
{
	static char buf[256 * PAGE_BYTES];
	static bool seen[PLANT_MAX_PAGES];
	char want[128];
	unsigned long page, found = 0;
	size_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		perror(path);
		return 1;
	}
	snprintf(want, sizeof(want), "%s page ", tag);
	len = strlen(want);
	/* memory segments of a vmcore start on pages, and so does every read of this size */
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at + PAGE_BYTES <= n; at += PAGE_BYTES) {
			if (memcmp(buf + at, want, len))
				continue;
			page = strtoul(buf + at + len, NULL, 10);
			if (page < PLANT_MAX_PAGES && !seen[page]) {
				seen[page] = true;
				found++;
			}
		}
	}
	if (n < 0) {
		fprintf(stderr, "%s at %#lx: %m\n", path, (long)lseek(fd, 0, SEEK_CUR));
		return 1;
	}
	close(fd);
	printf("found %lu\n", found);
	return 0;
}

static int font(void)
{
	static unsigned char data[FONT_MAX * FONT_ROWS * 4];
	struct console_font_op op = {
		.op = KD_FONT_OP_GET,
		.width = 32,
		.height = FONT_ROWS,
		.charcount = FONT_MAX,
		.data = data,
	};
	unsigned int pitch;
	int fd = open("/dev/tty1", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KDFONTOP, &op)) {
		perror("font of /dev/tty1");
		return 1;
	}
	close(fd);
	pitch = (op.width + 7) / 8;
	printf("%u %u %u\n", op.width, op.height, op.charcount);
	for (unsigned int i = 0; i < op.charcount; i++)
		fwrite(data + i * FONT_ROWS * pitch, pitch, op.height, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "plant") == 0)
		return plant(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 4 && strcmp(argv[1], "find") == 0)
		return find(argv[2], argv[3]);
	if (argc == 2 && strcmp(argv[1], "font") == 0)
		return font();
	fputs("usage: vm-helper plant TAG MIB | find TAG FILE | font\n", stderr);
	return 2;
}
