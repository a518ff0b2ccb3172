#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# The npm agents, installed below the home: sbox finds them through PATH,
# symlinks and shebang lines, they start, and without a network they say so.

load real

# starts NAME: inside as outside.
starts()
{
	local expected

	expected=$(outside_version "$1") || has "an installation"
	output=$(version "$SBOX" -q --timeout 120s "$1")
	[ "$output" = "$expected" ] || has "$expected"
	runs_outside "$1" || return 0
	grep -Eq '^[0-9]+\.' <<<"$output" || has "a version"
	touch "$BATS_FILE_TMPDIR/$1.started"
}

# refuses LIMIT NAME OPTION... -- ARG...: with a key, so that the network is
# what is missing. It ends by itself or, if it waits for one, at the time limit;
# it says what is missing; and nothing of the home is touched.
refuses()
{
	local before limit=$1 name=$2
	local -a options=()

	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	outside_version "$name" >/dev/null || has "an installation"
	before=$(cd "$CACHE/home" && ls -A)
	sbox --net none --timeout "$limit" "${options[@]}" "$name" "$@"
	[ "$status" -ne 0 ] || has "a refusal"
	[ "$(cd "$CACHE/home" && ls -A)" = "$before" ]
	runs_outside "$name" || return 0
	[ "$status" -le 124 ] || has "a start, and no crash"
	grep -Eqi 'connect|network|internet|dns|fetch failed' <<<"$output" || has "a reason"
	[ "$status" -eq 124 ] || touch "$BATS_FILE_TMPDIR/$name.refused"
}

@test "claude starts and shows its version" { starts claude; }
@test "codex starts and shows its version" { starts codex; }
@test "gemini starts and shows its version" { starts gemini; }
@test "opencode starts and shows its version" { starts opencode; }
@test "pi starts and shows its version" { starts pi; }

@test "claude refuses for want of a network" {
	refuses 120s claude --env ANTHROPIC_API_KEY=none \
		--env CLAUDE_CODE_MAX_RETRIES=0 -- --print hello
}
@test "codex refuses for want of a network" {
	refuses 40s codex --env OPENAI_API_KEY=none -- \
		exec --skip-git-repo-check hello
}
@test "gemini refuses for want of a network" {
	refuses 40s gemini --env GEMINI_API_KEY=none \
		--env GEMINI_CLI_TRUST_WORKSPACE=true -- --prompt hello
}
@test "opencode refuses for want of a network" {
	refuses 180s opencode --env OPENAI_API_KEY=none -- \
		run --model openai/gpt-4o hello
}
@test "pi refuses for want of a network" {
	refuses 120s pi --env OPENAI_API_KEY=none -- \
		--print --provider openai hello
}

@test "at least two agents started, and two refused by themselves" {
	output=$(cd "$BATS_FILE_TMPDIR" && ls ./*.started ./*.refused) || true
	[ "$(grep -c started <<<"$output")" -ge 2 ] || has "two that started"
	[ "$(grep -c refused <<<"$output")" -ge 2 ] || has "two that refused"
}

# As nvm lays it out: nothing of it is in the system's directories.
@test "a script of npm's finds the Node beside it; both are read-only, the rest of the home unseen" {
	local node=$CACHE/home/.nvm/versions/node/v0
	local lib=$node/lib/node_modules/probe program

	rm -rf "$CACHE/home/.nvm"
	as_user mkdir -p "$node/bin" "$lib"
	program=$(as_user node -p 'process.execPath')
	as_user cp "$program" "$node/bin/node"
	as_user sh -c 'echo secret-of-the-home >"$HOME/.canary"'
	as_user tee "$lib/cli.js" >/dev/null <<-'END'
	#!/usr/bin/env node
	const fs = require('fs'), path = require('path');
	const tries = {
	  canary: () => fs.readFileSync(process.env.HOME + '/.canary'),
	  change: () => fs.appendFileSync(__filename, '// changed'),
	  replace: () => fs.writeFileSync(process.execPath, ''),
	  plant: () => fs.writeFileSync(path.join(__dirname, 'planted'), ''),
	  rename: () => fs.renameSync(__dirname, __dirname + '2'),
	  remove: () => fs.rmSync(__dirname, { recursive: true }),
	};
	console.log('node', process.execPath);
	for (const [name, f] of Object.entries(tries))
	  try { f(); console.log(name, 'done'); }
	  catch (e) { console.log(name, e.code); }
	console.log(__filename, fs.existsSync(__filename));
	END
	as_user chmod 755 "$lib/cli.js"
	as_user ln -s ../lib/node_modules/probe/cli.js "$node/bin/probe"
	run as_user env PATH="$node/bin:/usr/bin:/bin" "$SBOX" probe </dev/null
	succeeds
	has "node $node/bin/node"
	has "canary ENOENT"
	has "$lib/cli.js true"
	lacks 'done'
	[ ! -e "$lib/planted" ]
	[ -s "$node/bin/node" ]
	grep -q console "$lib/cli.js"
	lacks changed
	rm -r "$CACHE/home/.nvm" "$CACHE/home/.canary"
}
