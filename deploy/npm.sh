#!/bin/sh
# npm, to fetch the schema that GitHub publishes. Without it the queries are not held to it, and a test says so.
command -v npm >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing npm for the test of GitHub's schema"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends npm >/dev/null && exit 0
fi
echo "No npm: GitHub's schema will not be looked at (apt-get install npm)" >&2
