#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# The real registries through the gateway, by programs that know nothing of it.
# Which hosts they are, this machine's own configuration says; where one of them
# has an address that isn't public (a mirror), the address is allowed, too.

load real

# host URL
host() { sed -E 's|^[a-z+]+://([^/]*@)?([^/:]*).*|\2|' <<<"$1"; }

# allow URL...: the options that allow these hosts, in $allow
allow()
{
	local url h a

	allow=()
	for url; do
		h=$(host "$url")
		[[ " ${allow[*]} " != *" $h "* ]] || continue
		allow+=(--allow "$h")
		for a in $(getent ahostsv4 "$h" | awk '{ print $1 }' | sort -u); do
			allow+=(--allow "$a")
		done
	done
}

# What this machine says of certificates.
authorities()
{
	env | sed -nE 's/^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|npm_config_cafile)=.*/\1/p' |
		sed 's/^/--env\n/'
}

net()
{
	local -a way=() vars=()

	mapfile -t way < <(authorities)
	mapfile -t vars < <(env | grep -E \
		'^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|npm_config_[a-z_]+)=')
	run as_user "${vars[@]}" timeout -k 5 300 "$SBOX" "${allow[@]}" \
		"${way[@]}" "$@" </dev/null
}

@test "npm ci of a real set of packages, with its lock file" {
	local registry
	registry=$(npm config get registry)
	allow "$registry"
	as_user tee package.json >/dev/null <<-'END'
	{ "name": "t", "version": "1.0.0", "dependencies": { "express": "^4", "semver": "^7" } }
	END
	net --env "npm_config_registry=$registry" --env npm_config_audit=false \
		-- sh -c 'npm install --package-lock-only --no-fund &&
		npm ci --no-fund && node -e "
		require(\"express\"); console.log(require(\"semver\").inc(\"1.2.3\", \"minor\"))"'
	succeeds
	has 1.3.0
	[ -d node_modules/express ]
}

@test "npm without the rule fails at once, and sbox says which rule" {
	allow https://other.example
	as_user tee package.json >/dev/null <<<'{ "name": "t", "version": "1.0.0" }'
	# by way of a shell: npm itself has a profile that allows it
	net --env npm_config_fetch_retries=0 -- sh -c 'npm view semver version'
	[ "$status" -ne 0 ] || has "a failure"
	has "--allow $(host "$(npm config get registry)")"
}

@test "apt-get: the lists, and a package" {
	local -a sites
	mapfile -t sites < <(apt-get indextargets --format '$(SITE)' | sort -u)
	[ "${#sites[@]}" -gt 0 ]
	allow "${sites[@]}"
	as_user mkdir -p lists/partial cache/archives/partial
	net -- sh -c 'set -- -q -o Dir::State::lists="$PWD/lists" \
		-o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=
		apt-get "$@" update && apt-get "$@" download hello'
	succeeds
	ls hello_*.deb
}
