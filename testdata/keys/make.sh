#!/usr/bin/env bash
# Makes the throw-away keys, certificates and key files of this folder with openssl 3.
# Keys, salts and signatures are random: a new run gives files of the same forms, not the same bytes.
set -euo pipefail
cd "$(dirname "$0")"
rm -f throwaway-*
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
password=throwaway
period="-startdate 20240101000000Z -enddate 20491231235959Z"

cat >"$work/ca.cnf" <<CNF
[ca]
default_ca = default
[default]
database = $work/index.txt
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = any
copy_extensions = none
unique_subject = no
[any]
countryName = optional
organizationName = optional
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[issuer]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[signer]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
extendedKeyUsage = 1.3.6.1.5.5.7.3.36
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
[encipherment]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyEncipherment
authorityKeyIdentifier = keyid
CNF
touch "$work/index.txt"
echo 1000 >"$work/serial"

key() { # name, genpkey arguments
    openssl genpkey -quiet "${@:2}" -out "throwaway-$1.key.pem" 2>/dev/null ||
        openssl genpkey "${@:2}" -out "throwaway-$1.key.pem" 2>/dev/null
}
certify() { # key name, certificate name, common name, extensions, period
    openssl req -new -key "throwaway-$1.key.pem" -subj "/C=VN/O=Throw-away test keys/CN=$3" -out "$work/csr.pem"
    local signer=(-cert throwaway-issuer.crt.pem -keyfile "$work/issuer.key.pem")
    [ "$1" = issuer ] && signer=(-cert throwaway-root.crt.pem -keyfile "$work/root.key.pem")
    [ "$1" = root ] && signer=(-selfsign -keyfile "$work/root.key.pem")
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$work/ca.cnf" -extensions "$4" "${signer[@]}" \
        -in "$work/csr.pem" -out "throwaway-$2.crt.pem" $5 2>/dev/null
}
ca() { # name, common name
    key "$1" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
    cp "throwaway-$1.key.pem" "$work/$1.key.pem"
    certify "$1" "$1" "$2" "$1" "$period"
    rm "throwaway-$1.key.pem"
}
ca root "Throw-away root"
ca issuer "Throw-away issuer"

key rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
key p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
key p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
key p521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521
key ed25519 -algorithm ED25519
key rsa1024 -algorithm RSA -pkeyopt rsa_keygen_bits:1024
for name in rsa p256 p384 ed25519; do
    certify $name $name "Throw-away $name" signer "$period"
done
certify rsa rsa-expired "Throw-away rsa expired" signer "-startdate 20200101000000Z -enddate 20210101000000Z"
certify rsa rsa-server "throwaway.example" server "$period"
certify rsa rsa-encipherment "Throw-away rsa encipherment" encipherment "$period"
cat throwaway-issuer.crt.pem throwaway-root.crt.pem >throwaway-chain.pem

# PEM and DER forms of the RSA and P-256 keys.
openssl pkey -in throwaway-rsa.key.pem -outform DER -out throwaway-rsa.pkcs8.der
openssl rsa -in throwaway-rsa.key.pem -traditional -out throwaway-rsa.pkcs1.pem 2>/dev/null
openssl rsa -in throwaway-rsa.key.pem -traditional -outform DER -out throwaway-rsa.pkcs1.der 2>/dev/null
openssl rsa -in throwaway-rsa.key.pem -traditional -aes128 -passout pass:$password -out throwaway-rsa.old-encrypted.pem 2>/dev/null
encrypted() { openssl pkcs8 -topk8 -in throwaway-rsa.key.pem -passout pass:$password -out "throwaway-rsa.$1.pem" "${@:2}"; }
encrypted aes256 -v2 aes-256-cbc -iter 2048
encrypted aes128-sha1 -v2 aes-128-cbc -v2prf hmacWithSHA1 -iter 2048
encrypted aes192-sha512 -v2 aes-192-cbc -v2prf hmacWithSHA512 -iter 2048
encrypted 3des -v2 des3 -iter 2048
encrypted pkcs12-3des -v1 PBE-SHA1-3DES -iter 2048
encrypted scrypt -scrypt
openssl pkcs8 -topk8 -in throwaway-rsa.key.pem -passout pass:$password -v2 aes-256-cbc -outform DER -out throwaway-rsa.aes256.der
{ openssl ecparam -name prime256v1; openssl ec -in throwaway-p256.key.pem; } 2>/dev/null >throwaway-p256.sec1.pem
openssl ec -in throwaway-p256.key.pem -no_public -outform DER -out throwaway-p256.no-public.sec1.der 2>/dev/null

# PKCS#12 files.
p12() { # name, key, password, further arguments
    openssl pkcs12 -export -inkey "throwaway-$2.key.pem" -in "throwaway-$2.crt.pem" -certfile throwaway-chain.pem \
        -passout "pass:$3" -out "throwaway-$1.p12" -iter 2048 "${@:4}"
}
p12 modern rsa $password
p12 legacy rsa $password -legacy
p12 p256 p256 $password
p12 3des rsa $password -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg SHA1
p12 2des rsa $password -legacy -keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-RC2-128 -macalg SHA1
p12 mixed rsa $password -keypbe AES-128-CBC -certpbe AES-192-CBC -macalg SHA512
p12 unencrypted rsa $password -keypbe NONE -certpbe NONE -macalg SHA384
p12 no-mac rsa $password -nomac
p12 empty-password rsa ""
p12 vietnamese rsa "mật khẩu"
openssl pkcs12 -export -nokeys -in throwaway-rsa.crt.pem -passout pass:$password -out throwaway-no-key.p12
openssl pkcs12 -export -nocerts -inkey throwaway-rsa.key.pem -passout pass:$password -out throwaway-no-certificate.p12

# The list of files in README.md.
{
    sed '/^| file/,$d' README.md
    echo "| file | SHA-256 |"
    echo "|---|---|"
    sha256sum throwaway-* | while read -r sum name; do echo "| $name | $sum |"; done
} >"$work/README.md"
cp "$work/README.md" README.md
