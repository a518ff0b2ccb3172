/* SPDX-License-Identifier: MIT */
/* What is made when sbox is built, from the tables of src/policy. */
#ifndef GEN_GEN_H
#define GEN_GEN_H

/* The shells that there are completions for, NULL-terminated. */
extern const char *const gen_shells[];

/* A completion script, malloc'd; NULL: unknown shell. */
char *gen_completion(const char *shell);
/* The JSON Schema of a profile, malloc'd. */
char *gen_schema(void);

#endif
