#!/bin/sh
# Programs that some tests need and pip does not have. The tests of one that is missing are skipped, and say why.
missing=
for name in chromium nginx npm; do
    command -v "$name" >/dev/null || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests:$missing"
    # At this run level Debian does not start what it installs.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    apt-get update -qq
    for name in $missing; do
        apt-get install -y -qq --no-install-recommends "$name" >/dev/null
    done
else
    echo "Some tests will be skipped (apt-get install$missing)" >&2
fi
