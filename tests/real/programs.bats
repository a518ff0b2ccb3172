#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# Languages, debuggers, a database, a browser: what people run every day.

load real

@test "git: clone of a local repository, edit, commit, branch, worktree" {
	as_user git init -q -b main repo
	as_user git -C repo config user.name Tester
	as_user git -C repo config user.email tester@example.org
	as_user sh -c 'cd repo && echo one >f && git add f && git commit -qm one'
	inside 'set -e; git clone -q repo copy; cd copy; git switch -qc topic
		git config user.name T 2>/dev/null || true
		echo two >>f; GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.org \
		GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@example.org \
			git commit -qam two
		git worktree add -q ../tree -b tree; cd ../tree; git log --format=%s'
	succeeds
	has two
	cd repo
	inside 'set -e; echo three >>f; git commit -qam three; git switch -qc b
		git worktree add -q wt -b wtb; git -C wt log -1 --format=%s'
	succeeds
	has three
	[ "$(as_user git log -1 --format=%s)" = three ]
}

@test "Python: a virtual environment, threads, processes, shared memory" {
	inside 'set -e; /usr/bin/python3 -m venv venv; . venv/bin/activate
		pip --version; python - <<-"END"
		import multiprocessing as mp, threading, sys, asyncio, tempfile
		from multiprocessing import shared_memory
		def square(n):
		    return n * n
		if __name__ == "__main__":
		    with mp.get_context("fork").Pool(2) as pool:
		        print(pool.map(square, range(5)))
		    t = [threading.Thread(target=square, args=(i,)) for i in range(20)]
		    [x.start() for x in t]; [x.join() for x in t]
		    m = shared_memory.SharedMemory(create=True, size=64)
		    m.buf[:2] = b"ok"; print(bytes(m.buf[:2])); m.close(); m.unlink()
		    async def sub():
		        p = await asyncio.create_subprocess_exec("echo", "async",
		            stdout=asyncio.subprocess.PIPE)
		        print((await p.communicate())[0])
		    asyncio.run(sub())
		    print(sys.prefix)
		END'
	succeeds
	has '[0, 1, 4, 9, 16]'
	has "b'ok'"
	has async
	has "$WORK/venv"
	# and what was made inside is used outside
	outside 'venv/bin/python -c "print(40 + 2)"'
	has 42
}

@test "Node: worker threads, child processes, a server on a unix socket, wasm" {
	cat >"$BATS_TEST_TMPDIR/n.js" <<-'END'
	const { Worker, isMainThread, parentPort } = require('worker_threads');
	const http = require('http'), fs = require('fs');
	if (!isMainThread) {
	  let s = 0; for (let i = 0; i < 1e6; i++) s += i;
	  parentPort.postMessage(s);
	} else {
	  let left = 4;
	  for (let i = 0; i < 4; i++) new Worker(__filename).on('message', (m) => {
	    console.log('worker', m);
	    if (--left === 0) {
	      console.log(require('child_process').execSync('echo child') + '');
	      const s = http.createServer((q, r) => r.end('served')).listen('./s.sock',
	        () => http.get({ socketPath: './s.sock' }, (r) => {
	          r.on('data', (d) => console.log(d + '')); r.on('end', () => s.close());
	        }));
	    }
	  });
	  WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
	    .then(() => console.log('wasm'));
	}
	END
	as_user tee n.js <"$BATS_TEST_TMPDIR/n.js" >/dev/null
	sbox node n.js
	succeeds
	[ "$(grep -c 'worker 499999500000' <<<"$output")" -eq 4 ]
	has child
	has served
	has wasm
}

@test "Java: compiled and run, with threads, within its memory" {
	as_user tee T.java >/dev/null <<-'END'
	import java.util.concurrent.*;
	public class T {
	  public static void main(String[] a) throws Exception {
	    ExecutorService e = Executors.newFixedThreadPool(8);
	    long s = 0;
	    java.util.List<Future<Long>> l = new java.util.ArrayList<>();
	    for (int i = 0; i < 50; i++) { final long n = i; l.add(e.submit(() -> n * n)); }
	    for (Future<Long> f : l) s += f.get();
	    e.shutdown();
	    Process p = new ProcessBuilder("echo", "child").inheritIO().start();
	    System.out.println("sum " + s + " child " + p.waitFor());
	  }
	}
	END
	inside 'javac T.java && java T'
	succeeds
	has 'sum 40425 child 0'
}

@test "PostgreSQL: a cluster on a unix socket, data, crash recovery" {
	local bin
	for bin in /usr/lib/postgresql/*/bin; do :; done
	inside "set -e; PATH=$bin:\$PATH; initdb -D db -A trust >/dev/null
		pg_ctl -D db -w -l log -o \"-c listen_addresses='' -k \$PWD\" start
		psql -h \"\$PWD\" -d postgres -c 'create table t (n int)'
		psql -h \"\$PWD\" -d postgres -c \
			'insert into t select generate_series(1, 100000)'
		pg_ctl -D db -m immediate stop
		pg_ctl -D db -w -l log -o \"-c listen_addresses='' -k \$PWD\" start
		psql -h \"\$PWD\" -d postgres -Atc 'select sum(n) from t'
		pg_ctl -D db -m fast stop"
	succeeds
	has 5000050000
}

@test "gdb: a breakpoint, a backtrace and a variable of a program started inside" {
	as_user tee p.c >/dev/null <<-'END'
	#include <stdio.h>
	static int twice(int n) { return 2 * n; }
	int main(void) { printf("%d\n", twice(21)); return 7; }
	END
	inside 'gcc -g -O0 -o p p.c && DEBUGINFOD_URLS= gdb -q -batch -ex "break twice" \
		-ex run -ex bt -ex "print n" -ex continue ./p'
	succeeds
	has 'Breakpoint 1, twice'
	has '$1 = 21'
	has 'exited with code 07'
}

@test "LeakSanitizer finds the leak, AddressSanitizer the overflow" {
	as_user tee l.c >/dev/null <<-'END'
	#include <stdlib.h>
	#include <string.h>
	int main(int argc, char **argv)
	{
		char *volatile p = malloc(100 + (size_t)argc);
		if (argc > 1)
			p[101 + argc] = *argv[1];
		p = NULL;
		return 0;
	}
	END
	inside 'gcc -g -fsanitize=address -o l l.c && ./l'
	[ "$status" -ne 0 ]
	has 'LeakSanitizer: detected memory leaks'
	has '101 byte(s) leaked'
	inside './l x'
	has 'heap-buffer-overflow'
}

PAGE='<!doctype html><title>t</title><script>document.write("sum " + (40 + 2))</script>'

@test "Chromium without its own sandbox: a page with a script" {
	as_user tee page.html <<<"$PAGE" >/dev/null
	inside "timeout 180 chromium --headless --no-sandbox --disable-gpu \
		--user-data-dir=/tmp/profile --dump-dom 'file://$WORK/page.html' 2>/dev/null"
	succeeds
	has 'sum 42'
}

@test "Chromium with its own sandbox, under --userns" {
	as_user tee page.html <<<"$PAGE" >/dev/null
	inside --userns "timeout 180 chromium --headless --disable-gpu \
		--user-data-dir=/tmp/profile --dump-dom 'file://$WORK/page.html' 2>/dev/null"
	succeeds
	has 'sum 42'
	# and without --userns it says so itself, it does not run without
	inside "timeout 180 chromium --headless --disable-gpu \
		--user-data-dir=/tmp/profile --dump-dom 'file://$WORK/page.html'"
	lacks 'sum 42'
}
