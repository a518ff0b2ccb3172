/* SPDX-License-Identifier: MIT */
/*
 * The pipeline: argv -> policy -> plan -> launch. Everything up to the plan
 * only reads; what it refuses is one message and status 125 with nothing run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/host.h"
#include "sbox/invocation.h"
#include "sbox/launch.h"
#include "sbox/log.h"
#include "sbox/plan.h"
#include "sbox/policy.h"
#include "sbox/seccomp_filter.h"

static int fail(const struct diag *d)
{
	log_diag(d);
	return SBOX_EXIT_FAILURE;
}

/* Prints text (malloc'd) on standard output and returns the exit status. */
static int print(char *text)
{
	int bad = fputs(text, stdout) == EOF || fflush(stdout) == EOF;

	free(text);
	if (bad)
		fatal("standard output");
	return 0;
}

static int run(const struct plan *plan, const struct host *host, struct diag *d)
{
	struct seccomp_filter filters[2] = {{0}, {0}};

	for (size_t i = 0; i < plan->notes.n; i++)
		log_info("%s", plan->notes.v[i]);
	for (size_t i = 0; i < plan->warnings.n; i++)
		log_warn("%s", plan->warnings.v[i]);
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (seccomp_filter_get(&plan->seccomp[i], host, &filters[i], d))
			return fail(d);
	return launch(plan, filters);
}

static int pipeline(const struct invocation *inv, struct diag *d)
{
	struct host host;
	struct policy policy;
	struct plan plan;

	if (host_probe(inv->cwd, environ, &host, d) ||
	    policy_load(inv, &host, &policy, d))
		return fail(d);
	if (inv->action == ACTION_PRINT_PROFILE)
		return print(policy_dump(&policy));
	if (plan_build(&policy, &host, inv, &plan, d))
		return fail(d);
	if (inv->action == ACTION_DRY_RUN)
		return print(plan_print(&plan));
	return run(&plan, &host, d);
}

int main(int argc, char *argv[])
{
	struct diag d = {0};
	struct invocation inv;

	log_init("sbox", LOG_LEVEL_NORMAL);
	if (invocation_parse(argc, argv, &inv, &d))
		return fail(&d);
	if (inv.quiet || inv.verbose)
		log_init("sbox",
			 inv.quiet ? LOG_LEVEL_QUIET : LOG_LEVEL_VERBOSE);
	if (inv.action == ACTION_HELP)
		return print(options_help());
	if (inv.action == ACTION_VERSION)
		return print(xstrdup("sbox " SBOX_VERSION "\n"));
	return pipeline(&inv, &d);
}
