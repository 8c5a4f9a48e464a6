"""Packs as Python libraries of others read them. A line for each pack: what it is, or why not.

    libraries.py securesystemslib|in-toto-attestation|pymerkle|sd-jwt OPERATOR-KEY.pem PACK...
    libraries.py rfc3161-client ROOT-CERTIFICATE.pem PACK...
"""
import base64
import hashlib
import json
import pathlib
import sys


def envelope(pack):
    return json.loads((pack / "statement.dsse.json").read_text())


def payload(pack):
    return base64.b64decode(envelope(pack)["payload"])


def record_lines(pack):
    chunks = sorted(pack.glob("records/*.jsonl"))
    return [line for chunk in chunks for line in chunk.read_bytes().split(b"\n")[:-1]]


def securesystemslib(pack, pem):
    """The envelope is signed by the operator's key, under the key's id."""
    from cryptography.hazmat.primitives import serialization
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey
    key = serialization.load_pem_public_key(pem)
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    key = SSlibKey.from_crypto(key, keyid=hashlib.sha256(key.public_bytes(*der)).hexdigest())
    Envelope.from_dict(envelope(pack)).verify([key], 1)


def in_toto_attestation(pack, _):
    """The payload is a Statement about this SHA256SUMS, and loses nothing as one."""
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement
    text = payload(pack).decode()
    read = Statement.copy_from_pb(json_format.Parse(text, statement_pb2.Statement()))
    read.validate()
    # A predicate is a protobuf Struct, where every number is a double: a pack's are strings.
    assert json.loads(json_format.MessageToJson(read.pb)) == json.loads(text), "it lost something"
    (subject,) = read.pb.subject
    sums = hashlib.sha256((pack / subject.name).read_bytes()).hexdigest()
    assert dict(subject.digest) == {"sha256": sums}, "its subject is another"


def pymerkle(pack, _):
    """The record lines and the population have the roots that the statement says."""
    from pymerkle import InmemoryTree
    predicate = json.loads(payload(pack))["predicate"]
    population = sorted(pack.glob("population/*.txt"))
    digests = [line for chunk in population for line in chunk.read_bytes().split(b"\n")[:-1]]
    for name, leaves in (("records", record_lines(pack)), ("population", digests)):
        tree = InmemoryTree(algorithm="sha256")
        for leaf in leaves:
            tree.append_entry(leaf)
        assert str(tree.get_size()) == predicate[name]["treeSize"], f"another size: {name}"
        assert tree.get_root().hex() == predicate[name]["rootHash"], f"another root: {name}"


def sd_jwt(pack, _):
    """Each line takes the disclosures that are for it, and there are no others."""
    from jwcrypto.jwk import JWK
    from jwcrypto.jws import JWS
    from sd_jwt.verifier import SDJWTVerifier
    shown = pack / "disclosures/records.jsonl"
    texts = shown.read_bytes().split(b"\n")[:-1] if shown.exists() else []
    texts = [base64.urlsafe_b64encode(text).decode().rstrip("=") for text in texts if text != b"null"]
    taken, key = 0, JWK.generate(kty="oct", size=256)
    for line in record_lines(pack):
        # The library reads signed tokens only: the line is one's payload as it is.
        token = JWS(line)
        token.add_signature(key, "HS256", json.dumps({"alg": "HS256"}))
        presented = "~".join([token.serialize(compact=True), *texts, ""])
        told = SDJWTVerifier(presented, lambda *_: key).get_verified_payload()
        assert "_sd" not in json.dumps(told), "digests are left"
        taken += len(told.get("personal", {}))
        for fact, before in zip(told.get("facts", []), json.loads(line).get("facts", [])):
            taken += len(set(fact) - set(before))
    assert taken == len(texts), f"{len(texts)} disclosures, of which the lines have {taken}"


def rfc3161_client(pack, pem):
    """The token is over the head's text, by a certificate that the root signed."""
    from cryptography.x509 import load_pem_x509_certificate
    from rfc3161_client import VerifierBuilder, decode_timestamp_response
    proof = (pack / "proofs/timestamp.tlog-proof").read_bytes()
    head = proof.split(b"\n\n")[1] + b"\n"
    token = decode_timestamp_response((pack / "proofs/timestamp.tsr").read_bytes())
    verifier = VerifierBuilder().add_root_certificate(load_pem_x509_certificate(pem)).build()
    assert verifier.verify_message(token, head)


def judge(check, pack, pem):
    try:
        check(pathlib.Path(pack), pem)
        return "accepted"
    except Exception as error:
        return f"refused: {type(error).__name__}: {error}".replace("\n", " ")


checks = {"securesystemslib": securesystemslib, "in-toto-attestation": in_toto_attestation,
          "pymerkle": pymerkle, "sd-jwt": sd_jwt, "rfc3161-client": rfc3161_client}
key = pathlib.Path(sys.argv[2]).read_bytes()
for folder in sys.argv[3:]:
    print(judge(checks[sys.argv[1]], folder, key))
