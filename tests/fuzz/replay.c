/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libFuzzer where there is none: feeds every file of the given
 * directories (or files) to the fuzz target once. So the corpus, where every
 * input that ever broke a parser stays, is part of `make check` with gcc too.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *data = NULL;
	size_t len = 0, n;

	if (!f)
		return -1;
	do {
		data = reallocarray(data, len + 65536, 1);
		if (!data)
			abort();
		n = fread(data + len, 1, 65536, f);
		len += n;
	} while (n > 0);
	(void)fclose(f); /* only read */
	(void)LLVMFuzzerTestOneInput(data, len);
	free(data);
	return 0;
}

static int replay_dir(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	int files = 0;

	if (!dir)
		return -1;
	while ((e = readdir(dir))) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, e->d_name) >=
		    (int)sizeof(name))
			continue;
		if (replay_file(name) == 0)
			files++;
	}
	(void)closedir(dir);
	return files;
}

int main(int argc, char **argv)
{
	int files = 0;

	/* The empty input needs no file. */
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		struct stat st;
		int n;

		if (stat(argv[i], &st) < 0) {
			perror(argv[i]);
			return 1;
		}
		n = S_ISDIR(st.st_mode) ? replay_dir(argv[i])
					: replay_file(argv[i]) + 1;
		if (n < 0) {
			perror(argv[i]);
			return 1;
		}
		files += n;
	}
	printf("%d inputs\n", files);
	return files == 0;
}
