/* SPDX-License-Identifier: MIT */
/*
 * The option table. It holds no behaviour: invocation.c interprets the kinds,
 * help.c and src/gen print the rows. An option that is a policy key says
 * so by the key's name, and its argument goes through the same checks as the
 * profile's value.
 */
#include "options.h"

#include "sbox/cleanup.h"
#include "sbox/invocation.h"

#define KEY(k)	    OPTION_KEY, (k), 0, 0
#define FIELD(t, f) OPTION_##t, NULL, offsetof(struct invocation, f), 0
#define ACTION(a)   OPTION_ACTION, NULL, 0, ACTION_##a

/* clang-format off */
const struct option_row options[] = {
{ "ro", 0, "PATH", KEY("fs.read"),
  "show PATH (or SRC:DEST) read-only" },
{ "rw", 0, "PATH", KEY("fs.write"),
  "show PATH (or SRC:DEST) read-write" },
{ "ro-try", 0, "PATH", KEY("fs.readTry"),
  "like --ro; skipped when PATH is missing" },
{ "rw-try", 0, "PATH", KEY("fs.writeTry"),
  "like --rw; skipped when PATH is missing" },
{ "hide", 0, "PATH", KEY("fs.hide"),
  "show PATH as an empty file or directory" },
{ "tmpfs", 0, "DIR", KEY("fs.tmpfs"),
  "make DIR empty, writable and gone afterwards" },
{ "home", 0, "NAME", KEY("home"),
  "keep the home inside under NAME; \"tmp\" keeps nothing" },
{ "cwd", 0, "DIR", FIELD(STRING, cwd),
  "run in DIR instead of the current directory" },
{ "force-cwd", 0, NULL, FIELD(FLAG, force_cwd),
  "accept a home or system directory as working directory" },
{ "profile", 0, "NAME|FILE", FIELD(STRING, profile),
  "use this profile, not the one named like the command" },
{ "trust-project", 0, NULL, FIELD(FLAG, trust_project),
  "let ./.sbox.json allow things, not only forbid them" },
{ "set", 0, "KEY=JSON", OPTION_SET, NULL, 0, 0,
  "set any profile key" },
{ "net", 0, "MODE", KEY("net.mode"),
  "network: none, filtered (by what follows) or host" },
{ "allow", 0, "NAME[:PORT]", KEY("net.allow"),
  "let NAME, *.NAME or an address be reached" },
{ "deny", 0, "NAME[:PORT]", KEY("net.deny"),
  "let NAME not be reached, whatever is allowed" },
{ "port", 0, "[IN:]OUT", KEY("net.ports"),
  "the sandbox's 127.0.0.1:IN is the host's :OUT" },
{ "publish", 0, "[OUT:]IN", KEY("net.publish"),
  "the host's 127.0.0.1:OUT is the sandbox's :IN" },
{ "via", 0, "WAY", KEY("net.via"),
  "way out: direct, tor or socks5h://HOST:PORT" },
{ "socket", 0, "PATH", KEY("net.sockets"),
  "show the host's unix socket PATH (or SRC:DEST)" },
{ "env", 0, "K[=V]", OPTION_ENV, NULL, 0, 0,
  "set the variable K; without a value pass the caller's" },
{ "unset", 0, "K", KEY("env.unset"),
  "leave the variable K out" },
{ "keep-fd", 0, "N", FIELD(KEEP_FD, keep_fds),
  "leave file descriptor N open for the command" },
{ "tty", 0, "MODE", KEY("tty.mode"),
  "terminal: auto, relay or none" },
{ "limit", 0, "KEY=VALUE", OPTION_LIMIT, NULL, 0, 0,
  "set a limit, such as memory=4G or pids=512" },
{ "timeout", 0, "DURATION", KEY("limits.time"),
  "end everything after DURATION (90s, 1h): status 124" },
{ "userns", 0, NULL, KEY("userns"),
  "let programs make sandboxes of their own" },
{ "git-config", 0, "MODE", KEY("git.config"),
  "ro: .git/config can't be written; rw: it can" },
{ NULL, 'c', "TEXT", FIELD(STRING, shell_text),
  "run TEXT with your shell; more words become $0 $1 ..." },
{ "dry-run", 0, NULL, ACTION(DRY_RUN),
  "print what would be done, and do nothing" },
{ "print-profile", 0, NULL, ACTION(PRINT_PROFILE),
  "print the profile that all of this amounts to" },
{ "quiet", 'q', NULL, FIELD(FLAG, quiet),
  "print errors only" },
{ "verbose", 'v', NULL, FIELD(FLAG, verbose),
  "print what is decided on the way" },
{ "version", 'V', NULL, ACTION(VERSION),
  "print the version" },
{ "help", 'h', NULL, ACTION(HELP),
  "print this" },
};
/* clang-format on */
const size_t noptions = ARRAY_SIZE(options);
