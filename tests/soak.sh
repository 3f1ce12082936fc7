#!/usr/bin/env bash
# soak.sh KYSO: 20,000 verifications in one process need no more memory than 200.
set -euo pipefail
cd "$(dirname "$0")/.."
kyso=$1
peak() { # TIMES
  local list; list=$(mktemp)
  for _ in $(seq "$1"); do printf '%s\n' fuzz/seeds/verify_whole_file/*.pdf; done > "$list"
  python3 - "$kyso" "$list" <<'PY'
import resource, subprocess, sys
with open(sys.argv[2]) as paths:
    subprocess.run([sys.argv[1], "verify", "--format", "jsonl", "-"], stdin=paths, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
  rm -f "$list"
}
few=$(peak 50) many=$(peak 5000)
echo "peak memory: $few KiB for 200 files, $many KiB for 20,000"
# The list of paths itself grows: 20,000 paths of less than 200 bytes.
[ "$many" -le $((few + 8192)) ]
