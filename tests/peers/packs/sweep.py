"""Whatever is changed in a pack, `verify.py` sees it: every bit, and every file and line cut short,
removed, doubled or in another's place. Prints what it did and whatever went by unseen.

    sweep.py VERIFY.PY PACK OPERATOR-KEY.pem LOG-KEY BELOW

Only the files are changed whose paths begin with BELOW.
"""
import base64
import importlib.util
import itertools
import pathlib
import sys
from collections import Counter

program, pack, *keys, below = sys.argv[1:]
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("verify", program)
verify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify)
pem, vkey = (pathlib.Path(path).read_text() for path in keys)
name, tag, key = vkey.strip().split("+", 2)
keys = base64.b64decode(pem.split("\n")[1]), (name, bytes.fromhex(tag), base64.b64decode(key)[1:])
pack = pathlib.Path(pack)
files = {path: path.read_bytes() for path in sorted(pack.rglob("*"))
         if path.is_file() and str(path.relative_to(pack)).startswith(below)}
done, unseen = Counter(), []


def holds():
    try:
        verify.verify(pack, *keys)
    except Exception:
        return False
    return True


def judge(what, path):
    done[what] += 1
    if holds():
        unseen.append(f"{what}: {path.relative_to(pack)}")


def bits(path, data):
    changed = bytearray(data)
    for at in range(len(data) * 8):
        changed[at // 8] ^= 1 << at % 8
        path.write_bytes(changed)
        judge("bits flipped", path)
        changed[at // 8] = data[at // 8]


def lengths(path, data):
    for length in range(len(data)):
        path.write_bytes(data[:length])
        judge("files cut short", path)
    for more in (b"\n", b" ", b"\0", data):
        path.write_bytes(data + more)
        judge("files made longer", path)


def places(path, data):
    path.unlink()
    if path.parent.name != "disclosures":  # which may be deleted
        judge("files removed", path)
    path.with_name(path.name + "~").write_bytes(data)
    judge("files renamed", path)
    path.write_bytes(data)
    judge("files doubled", path)
    path.with_name(path.name + "~").unlink()
    path.unlink()
    path.symlink_to("/dev/null")
    judge("files made links", path)
    path.unlink()


def lines(path, data):
    whole = data.splitlines(keepends=True)
    for at in range(len(whole)):
        for what, instead in (("removed", []), ("doubled", whole[at:at + 1] * 2)):
            path.write_bytes(b"".join(whole[:at] + instead + whole[at + 1:]))
            judge(f"lines {what}", path)
    for one, other in itertools.combinations(range(len(whole)), 2):
        if whole[one] != whole[other]:
            moved = list(whole)
            moved[one], moved[other] = whole[other], whole[one]
            path.write_bytes(b"".join(moved))
            judge("lines swapped", path)


assert holds(), "the pack does not hold before anything was changed"
for path, data in files.items():
    for change in (bits, lengths, places, lines):
        change(path, data)
        path.write_bytes(data)
for (one, first), (other, second) in itertools.combinations(files.items(), 2):
    if first != second:
        one.write_bytes(second)
        other.write_bytes(first)
        judge("files swapped", one)
        one.write_bytes(first)
        other.write_bytes(second)
assert holds(), "the pack does not hold after everything was put back"
print(f"{sum(map(len, files.values()))} bytes in {len(files)} files")
print("\n".join(f"{number:7} {what}" for what, number in done.items()))
print(f"{len(unseen):7} unseen", *unseen, sep="\n")
sys.exit(bool(unseen))
