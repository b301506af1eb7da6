#!/bin/sh
# Takes jobs one by one and keeps the results. A job moves to a list of this worker's own while it is worked on, so that one
# whose worker dies can be found there.
set -eu
me=$(hostname)
stop=0
trap 'stop=1' TERM INT
while [ "$stop" = 0 ]; do
  # Waits a second at most, so that a request to stop is heard.
  job=$(redis-cli -h queue BRPOPLPUSH jobs "working:$me" 1)
  [ -n "$job" ] || continue
  redis-cli -h queue HSET results "$job" "$((job * job))" >/dev/null
  redis-cli -h queue LREM "working:$me" 1 "$job" >/dev/null
  redis-cli -h queue HINCRBY workers "$me" 1 >/dev/null
  echo "job $job: $((job * job))"
done
echo "stopped between jobs"
