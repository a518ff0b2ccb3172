#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Real agents finish a task inside against a scripted model on the host's
# loopback, through --port alone. Without the port they fail, and sbox says why.

load real

PORT=18080

setup_file()
{
	real_setup_file
	/usr/bin/python3 "$BATS_TEST_DIRNAME/model.py" $PORT made-by-agent \
		"written inside" >"$BATS_FILE_TMPDIR/model.log" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	timeout 10 bash -c "until true >/dev/tcp/127.0.0.1/$PORT; do
		sleep 0.1; done" 2>/dev/null
}
teardown_file()
{
	kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

# agent NAME OPTION... : its task, in the project, with what NAME needs to find
# the model
agent()
{
	local name=$1

	shift
	case $name in
	claude)
		sbox "$@" --timeout 120s \
			--env ANTHROPIC_BASE_URL=http://127.0.0.1:$PORT \
			--env ANTHROPIC_API_KEY=none claude --print \
			--permission-mode bypassPermissions "write the file"
		;;
	pi)
		as_user mkdir -p state/.pi/agent
		as_user tee state/.pi/agent/models.json >/dev/null <<-END
		{"providers": {"lab": {"baseUrl": "http://127.0.0.1:$PORT/v1",
		 "api": "openai-completions", "apiKey": "none",
		 "models": [{"id": "m", "name": "m"}]}}}
		END
		sbox "$@" --timeout 120s \
			--env PI_CODING_AGENT_DIR="$WORK/state/.pi/agent" \
			--env PI_OFFLINE=1 pi --provider lab --model m \
			--print "write the file"
		;;
	esac
}

@test "claude writes a file in the project, its model on a port of the host" {
	agent claude --port $PORT
	succeeds
	[ "$(cat made-by-agent)" = "written inside" ]
}

@test "pi writes a file in the project, its model on a port of the host" {
	agent pi --port $PORT
	runs_outside pi || [ "$status" -eq 0 ] || return 0
	succeeds
	[ "$(cat made-by-agent)" = "written inside" ]
}

@test "without the port neither reaches the model, and sbox says what is missing" {
	agent pi
	[ "$status" -ne 0 ] || has "a failure"
	! runs_outside pi || has '--port N'
	[ ! -e made-by-agent ]
	agent claude --env CLAUDE_CODE_MAX_RETRIES=0
	[ "$status" -ne 0 ] || has "a failure"
	has '--port N'
	[ ! -e made-by-agent ]
}
