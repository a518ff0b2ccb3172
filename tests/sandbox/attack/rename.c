/* SPDX-License-Identifier: MIT */
/* rename A B [exchange|whiteout]: one try. */
#include "attack.h"

#include <fcntl.h>

int main(int argc, char **argv)
{
	unsigned flags = 0;
	char label[64];

	if (argc < 3)
		return 2;
	if (argc > 3)
		flags = strcmp(argv[3], "exchange") == 0 ? RENAME_EXCHANGE
							 : RENAME_WHITEOUT;
	snprintf(label, sizeof(label), "rename %.50s", argv[1]);
	report(label, renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], flags));
	return 0;
}
