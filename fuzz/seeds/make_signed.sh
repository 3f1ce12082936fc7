#!/usr/bin/env bash
# Makes the seeds of the targets that read signed files, with the project's own program and its
# throw-away keys; RSA with a fixed time, so that the same bytes come out each time.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build -q --features cli
kyso=target/debug/kyso
keys=testdata/keys/throwaway
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sign() { # FROM TO [OPTIONS…]
  "$kyso" sign --lang en --key "$keys-rsa.key.pem" --certificate "$keys-rsa.crt.pem" \
    --time 2026-11-23T00:00:00Z --out "$2" "$1" "${@:3}" 2>/dev/null
}
for kind in table streams; do
  sign "fuzz/seeds/pdf_open/seed-$kind.pdf" "$work/$kind-1.pdf"
  sign "$work/$kind-1.pdf" "$work/$kind-2.pdf" --sub-filter pkcs7
done
sign fuzz/seeds/pdf_open/seed-streams.pdf "$work/certified.pdf" --certify 2 --field Certified
for target in acroform_fields diff_policy verify_whole_file; do
  mkdir -p "fuzz/seeds/$target"
  for file in table-1 table-2 streams-2 certified; do
    cp "$work/$file.pdf" "fuzz/seeds/$target/seed-$file.pdf"
  done
done
mkdir -p fuzz/seeds/record_read
for file in table-2 certified; do
  seed="fuzz/seeds/record_read/seed-$file.json"
  rm -f "$seed"
  # The answer (nobody is trusted, or not known to be unrevoked) is of no matter here.
  "$kyso" verify --trust "$keys-rsa.crt.pem" --at 2026-11-24T00:00:00Z --evidence-out "$seed" "$work/$file.pdf" >/dev/null || true
done
mkdir -p fuzz/seeds/xmp_check
printf '%s' "<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='r'><a b='>'/></r:RDF></x:xmpmeta><?xpacket end='w'?>" > fuzz/seeds/xmp_check/seed-good.xmp
printf '%s' "<!DOCTYPE x [<!ENTITY a 'b'>]><x:xmpmeta>&a;</x:xmpmeta>" > fuzz/seeds/xmp_check/seed-entity.xmp
# The C functions take every kind of input; those of other targets must be there before.
mkdir -p fuzz/seeds/c_entry
cp "$work/table-1.pdf" fuzz/seeds/c_entry/seed-document
cp fuzz/seeds/cert_parse/seed-pem fuzz/seeds/c_entry/seed-certificates
cp fuzz/seeds/exchange_envelope/seed-document.edxml fuzz/seeds/c_entry/seed-message
cp fuzz/seeds/crl_parse/seed-entries fuzz/seeds/c_entry/seed-crl
printf '%s' '{"field": "A", "certify": 2}' > fuzz/seeds/c_entry/seed-options
{ cat fuzz/seeds/pdf_open/seed-table.pdf; printf '\036'; cat "$keys-rsa.crt.pem"; printf '\036%s' '{"field": "A", "reason": "B"}'; } > fuzz/seeds/c_entry/seed-prepare
