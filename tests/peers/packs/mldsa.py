"""ML-DSA-44 cosignatures (C2SP tlog-cosignature, type 0x06) as pyca/cryptography verifies and makes them.

    mldsa.py verify VKEY NOTE...            a line for each note: accepted and the time, or why not
    mldsa.py sign KEY.pem PASSPHRASE NAME TIME NOTE   the cosignature's line
"""
import base64
import hashlib
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def sized(text):
    return bytes([len(text.encode())]) + text.encode()


def message(name, time, note):
    origin, size, root = note.split("\n\n")[0].split("\n")
    tree = struct.pack(">QQ", 0, int(size)) + base64.b64decode(root)
    return b"subtree/v1\n\0" + sized(name) + struct.pack(">Q", time) + sized(origin) + tree


def key_id(name, key):
    return hashlib.sha256(name.encode() + b"\n\x06" + key).digest()[:4]


def verify(vkey, note):
    name, number, key = vkey.split("+", 2)
    kind, key = base64.b64decode(key)[:1], base64.b64decode(key)[1:]
    if kind != b"\x06" or key_id(name, key).hex() != number:
        return "refused: not the verifier key of an ML-DSA-44 key"
    for line in note.split("\n\n")[1].splitlines():
        _, signer, signature = line.split(" ")
        signature = base64.b64decode(signature)
        if (signer, signature[:4]) != (name, key_id(name, key)):
            continue
        time, = struct.unpack(">Q", signature[4:12])
        try:
            public = mldsa.MLDSA44PublicKey.from_public_bytes(key)
            public.verify(signature[12:], message(name, time, note))
        except Exception as error:
            return f"refused: {type(error).__name__}"
        return f"accepted {time}"
    return "refused: no line of the key"


def sign(pem, passphrase, name, time, note):
    key = load_pem_private_key(pathlib.Path(pem).read_bytes(), passphrase.encode())
    signature = struct.pack(">Q", int(time)) + key.sign(message(name, int(time), note))
    line = key_id(name, key.public_key().public_bytes_raw()) + signature
    return f"\u2014 {name} {base64.b64encode(line).decode()}"


def main(act, *arguments):
    if act == "verify":
        for path in arguments[1:]:
            print(verify(arguments[0], pathlib.Path(path).read_text()))
    else:
        print(sign(*arguments[:-1], pathlib.Path(arguments[-1]).read_text()))


main(*sys.argv[1:])
