#!/usr/bin/env bash
# kill.sh KYSO COUNT: kills `kyso sign` at COUNT moments; the output is absent or whole, never partial.
set -euo pipefail
cd "$(dirname "$0")/.."
kyso=$1 count=$2
keys=testdata/keys/throwaway
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$kyso" sign --key "$keys-rsa.key.pem" --certificate "$keys-rsa.crt.pem" --time 2026-11-23T00:00:00Z \
  --out "$work/whole.pdf" fuzz/seeds/pdf_open/seed-table.pdf 2>/dev/null
absent=0 whole=0
for i in $(seq "$count"); do
  rm -f "$work/out.pdf"
  "$kyso" sign --key "$keys-rsa.key.pem" --certificate "$keys-rsa.crt.pem" --time 2026-11-23T00:00:00Z \
    --out "$work/out.pdf" fuzz/seeds/pdf_open/seed-table.pdf 2>/dev/null &
  sleep "0.00$((RANDOM % 10))$((RANDOM % 10))"
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
