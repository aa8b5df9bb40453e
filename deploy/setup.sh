#!/bin/sh
# The environment in .venv, as deploy/local.lock says; nothing to do when it is that already.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
stamp=.venv/installed.lock

fail() {
    echo "setup: $1" >&2
    exit 1
}

if cmp -s deploy/local.lock "$stamp" && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed: install it or name it, make PYTHON=/path/to/python3"
echo "Installing into .venv"
.venv/bin/python -m pip --version >/dev/null 2>&1 ||
    "$python" -m venv --clear .venv >/dev/null ||
    fail "python3 -m venv failed: install it, on Debian and Ubuntu with apt-get install python3-venv"
# A company's own certificates are where the system keeps its; a bare machine may have none at all.
[ -s /etc/ssl/certs/ca-certificates.crt ] && export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
.venv/bin/python -m pip install --quiet --disable-pip-version-check uv || fail "pip could not install uv"
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r deploy/local.lock ||
    fail "uv could not install deploy/local.lock"
cp deploy/local.lock "$stamp"
