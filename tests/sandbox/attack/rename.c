/* SPDX-License-Identifier: MIT */
/* rename A B [exchange|whiteout]: one try; spin: until it succeeds. */
#include "attack.h"

#include <fcntl.h>

int main(int argc, char **argv)
{
	unsigned flags = 0;
	char label[64];

	if (argc < 3)
		return 2;
	while (argc > 3 && strcmp(argv[3], "spin") == 0)
		if (rename(argv[1], argv[2]) == 0)
			return 0;
	if (argc > 3)
		flags = strcmp(argv[3], "exchange") == 0 ? RENAME_EXCHANGE
							 : RENAME_WHITEOUT;
	snprintf(label, sizeof(label), "rename %.50s", argv[1]);
	report(label, renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], flags));
	return 0;
}
