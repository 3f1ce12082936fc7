#!/usr/bin/env bash
# kill.sh KYSO COUNT: kills `kyso sign` at COUNT moments spread over its run; the output is absent or whole, never partial.
set -euo pipefail
cd "$(dirname "$0")/.."
kyso=$1 count=$2
keys=testdata/keys/throwaway
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sign() { # OUT
  exec "$kyso" sign --key "$keys-rsa.key.pem" --certificate "$keys-rsa.crt.pem" --time 2026-11-23T00:00:00Z \
    --out "$1" --allow-failed-signature fuzz/seeds/pdf_open/seed-table.pdf 2>/dev/null
}
# The usual length of a run: the shortest of five.
length=
for _ in 1 2 3 4 5; do
  rm -f "$work/whole.pdf"
  begin=$(date +%s%N)
  (sign "$work/whole.pdf")
  taken=$(($(date +%s%N) - begin))
  [ -n "$length" ] && [ "$length" -le "$taken" ] || length=$taken
done
absent=0 whole=0
for i in $(seq "$count"); do
  rm -f "$work/out.pdf"
  (sign "$work/out.pdf") &
  # From the start to a quarter past the usual end.
  pause=$((length * 5 * (2 * i - 1) / (8 * count)))
  sleep "$(printf '%d.%09d' $((pause / 1000000000)) $((pause % 1000000000)))"
  kill -9 $! 2>/dev/null || true
  wait $! 2>/dev/null || true
  if [ -e "$work/out.pdf" ]; then
    cmp "$work/out.pdf" "$work/whole.pdf"
    whole=$((whole + 1))
  else
    absent=$((absent + 1))
  fi
done
echo "killed $count times: $absent without output, $whole with the whole file, none partial"
