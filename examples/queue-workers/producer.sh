#!/bin/sh
# Queues JOBS jobs, each a number to square, and ends.
set -eu
n=1
while [ "$n" -le "$JOBS" ]; do
  redis-cli -h queue LPUSH jobs "$n" >/dev/null
  n=$((n + 1))
done
echo "queued $JOBS jobs"
