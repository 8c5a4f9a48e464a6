# An authority of time-stamps in this folder: P-256, its certificate `tsa.pem` by a root's, `root.pem`.
echo 01 > serial
cat > ts.cnf <<'END'
[root]
distinguished_name = root_name
x509_extensions = root_extensions
prompt = no
[root_name]
CN = Root of time
[root_extensions]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[tsa]
distinguished_name = tsa_name
prompt = no
[tsa_name]
CN = Authority of time
[stamping]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[grants]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500
ordering = yes
ess_cert_id_alg = sha256
[refuses]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha512
ess_cert_id_alg = sha256
END
new="openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config ts.cnf -days 3650"
$new -x509 -section root -keyout root.key -out root.pem
$new -section tsa -keyout tsa.key -out tsa.csr
openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 3650 \
  -extfile ts.cnf -extensions stamping -out tsa.pem
