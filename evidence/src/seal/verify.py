"""Verifies an evidence pack, format 1: python3 -I verify.py PACK [OPERATOR-KEY.pem LOG-KEY]

The keys come from elsewhere than the pack, and so must this program: whoever forges a pack can
forge its copy, too. The last line is the verdict; exit 0 valid, 2 no pack, no key or unreadable,
3 indeterminate (no keys), 4 invalid. What it leaves out: Tieout's docs/formats/verifiers.md."""
import base64, functools, hashlib, json, os, pathlib, re, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SUMS, MANIFEST, TOKEN = "SHA256SUMS", "policy/MANIFEST", "proofs/timestamp.tsr"
STATEMENT, INTENT = "statement.dsse.json", "intent.dsse.json"
UNCOVERED = {SUMS, STATEMENT, "proofs/checkpoint", TOKEN,
             *(f"proofs/{name}.tlog-proof" for name in ("statement", "intent", "timestamp")),
             *(f"disclosures/{name}.jsonl" for name in ("records", "population", "sealed"))}
NEEDED = {"run.json", "datasets.json", "VERIFY.md", "verify.py", MANIFEST, INTENT}
CHUNK, NAME = r"records/[0-9]{6}\.jsonl|population/[0-9]{6}\.txt", r"[^\s+\x00-\x1f\x7f-\x9f]+"
REVIEW = r"reviews/[0-9a-f]{64}\.(dsse\.json|tlog-proof)"  # what people say of it, added later
PLACE = "|".join([r"policy/[^\\\x00-\x1f\x7f-\x9f]+", CHUNK, r"tiles/(records|population)\.[12]",
                  *map(re.escape, NEEDED)])
ENVELOPE = (r'\{"payloadType":"application/vnd\.in-toto\+json","payload":"([^"]+)",'
            r'"signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([^"]+)"\}\]\}\n')
CHECKPOINT = f"(({NAME})\n([1-9][0-9]{{0,18}})\n(.+)\n)\n((?:\u2014 {NAME} [^ \n]+\n){{1,16}})"
PROOF = "c2sp\\.org/tlog-proof@v1\nindex (0|[1-9][0-9]{0,18})\n((?:.+\n){0,63})\n"
PEM, VKEY = "-+BEGIN PUBLIC KEY-+\n(.+)\n-+END PUBLIC KEY-+\n*", rf"({NAME})\+(.{{8}})\+(.+)\n*"
HEX, INSTANT = "[0-9a-f]{64}", "[0-9-]{10}T[0-9:.]{8,18}Z"
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
compact = lambda value: COMPACT.encode(value).encode()
sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
PRIME, ORDER_8 = 2**255 - 19, 0x5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826

def need(holds, what):
    if not holds:
        raise ValueError(what)

def match(form, text, what):
    found = re.fullmatch(form, text)
    need(found, f"{what}: another form")
    return found.groups()

def unbase64(text, length=None):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text and length in (None, len(data)), "bad base64")
    return data

def strong(point):  # in its one encoding and not of small order; the library sees to the rest
    y = int.from_bytes(point, "little") % 2**255
    need(y < PRIME and y not in (0, 1, PRIME - 1, ORDER_8, PRIME - ORDER_8), "a weak key or point")
    return point

def parse(data, no=functools.partial(need, False)):  # no key is there twice, nothing is a number
    def unique(pairs):
        need(len(dict(pairs)) == len(pairs), "JSON with a key twice")
        return dict(pairs)
    return json.loads(data.decode(), object_pairs_hook=unique, parse_int=no, parse_float=no,
                      parse_constant=no)

def lines(data):
    need(data[-1:] in (b"", b"\n"), "a last line without its end")
    return data.split(b"\n")[:-1]  # splitlines() would split at other characters, too

def read(folder, prefix=""):
    """The files by path, all of them plain, and no folder empty but `disclosures`."""
    files, found = {}, list(folder.iterdir())
    need(found or prefix == "disclosures/", f"{prefix!a} is an empty folder")
    for item in found:
        path = prefix + os.fsencode(item.name).decode()
        need(not item.is_symlink() and (item.is_dir() or item.is_file()), f"{path!a}: no file")
        files.update(read(item, path + "/") if item.is_dir() else {path: item.read_bytes()})
    return files

def opened(envelope, operator):
    """The payload, and the id of the key that signed it."""
    payload, keyid, signature = match(ENVELOPE, envelope.decode(), "the envelope")
    payload, signature = unbase64(payload), unbase64(signature, 64)
    if operator:
        need(keyid == sha256(operator).hex() and strong(signature[:32]), "another key's signature")
        signed = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
        Ed25519PublicKey.from_public_bytes(operator[12:]).verify(signature, signed)
    return payload, keyid

def in_log(files, log, name, stamp=None):
    """The envelope's index in the log, and its head: RFC 9162, section 2.1.3."""
    path, _, notes = files[f"proofs/{stamp or name}.tlog-proof"].decode().partition("\n\n")
    need(stamp or notes == files["proofs/checkpoint"].decode(), "the proof's checkpoint differs")
    need(len(notes.encode()) <= 65536, "the checkpoint is too long")
    index, path = match(PROOF, path + "\n\n", "the proof")
    head, origin, size, root, notes = match(CHECKPOINT, notes, "the checkpoint")
    at, steps = int(index), [unbase64(step, 32) for step in path.split("\n")[:-1]]
    inner = (at ^ int(size) - 1).bit_length()  # above these, every step is from the left
    need(at < int(size) and len(steps) == inner + bin(at >> inner).count("1"), "the proof's length")
    found = sha256(b"\0", sha256(files[name + ".dsse.json"]))
    for n, step in enumerate(steps):
        found = sha256(b"\1", *((step, found) if n >= inner or at >> n & 1 else (found, step)))
    need(found == unbase64(root, 32), "the proof does not lead to the root")
    notes = [(line.split(" ")[1], unbase64(line.split(" ")[2])) for line in notes.split("\n")[:-1]]
    if log:
        own = [note[4:] for name, note in notes if (name, note[:4]) == log[:2]]
        need(origin == log[0] and len(own) == 1 and strong(own[0][:32]), "not signed by the log")
        Ed25519PublicKey.from_public_bytes(log[2]).verify(own[0], head.encode())
    return at, head

def tree(leaves):  # the head of the Merkle tree (RFC 6962, section 2.1), as the statement says it
    level = [sha256(b"\0", leaf) for leaf in leaves] or [sha256()]
    while len(level) > 1:
        pairs = [sha256(b"\1", *level[at:at + 2]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[2 * len(pairs):]
    return {"treeSize": str(len(leaves)), "rootHash": level[0].hex(), "hashing": "rfc6962-sha256"}

def trees(files):
    """The heads over the lines of the chunks. What is disclosed is what its digests stand for."""
    found, digests, code = {"records": [], "population": []}, [], base64.urlsafe_b64encode
    for path in sorted(path for path in files if re.fullmatch(CHUNK, path)):
        before, more = found[path.split("/")[0]], lines(files[path])
        need(len(before) % 65536 == 0 < len(more) <= 65536, f"{path}: too few lines, or too many")
        need(f"/{len(before) // 65536:06}." in path, f"{path}: one before it is missing")
        before += more
    for line, record in ((line, parse(line)) for line in found["records"]):
        need(compact(record) == line, "a record line is laid out otherwise")
        for part in [*record.get("facts", ()), record.get("personal", {})]:
            digests += [digest.encode() for digest in part.get("_sd", ())]
    for name, stand in ("records", digests), ("population", found["population"]):
        texts = lines(files.get(f"disclosures/{name}.jsonl", b"null\n" * len(stand)))
        need(len(texts) == len(stand), f"disclosures of {name}: too few or too many")
        for text, digest in zip(texts, stand):
            match("[A-Za-z0-9_-]{43}", digest.decode(), "a digest")
            own = code(sha256(code(text).rstrip(b"="))) == digest + b"="
            need(own or text == b"null", f"disclosures of {name}: a line of another digest")
            need(compact(parse(text)) == text, "a disclosure laid out otherwise")
    return {name: tree(leaves) for name, leaves in found.items()}

def statement(kind, name, digest, predicate):
    return compact({"_type": "https://in-toto.io/Statement/v1",
                    "subject": [{"name": name, "digest": {"sha256": digest}}],
                    "predicateType": f"urn:tieout:predicate:{kind}:v1", "predicate": predicate})

def verify(folder, operator=None, log=None):
    """Raises where something does not hold."""
    files = {p: b for p, b in read(pathlib.Path(folder)).items() if not re.fullmatch(REVIEW, p)}
    for path in NEEDED.union(files) - UNCOVERED:
        need(path in files and re.fullmatch(PLACE, path), f"{path!a} is missing, or has no place")
    for name, below, but in (SUMS, "", UNCOVERED), (MANIFEST, "policy/", {MANIFEST}):
        paths = sorted(path for path in files if path.startswith(below) and path not in but)
        listed = "".join(f"{sha256(files[p]).hex()}  {p[len(below):]}\n" for p in paths)
        need(files[name] == listed.encode(), f"{name} is not the list of these files")
    (payload, keyid), (announced, by) = (opened(files[n], operator) for n in (STATEMENT, INTENT))
    (index, _), (first, _) = in_log(files, log, "statement"), in_log(files, log, "intent")
    if any(path.startswith("proofs/timestamp.") for path in files):
        at, head = in_log(files, log, "statement", "timestamp")
        need(at == index and b"\4 " + sha256(head.encode()) in files[TOKEN], "another's timestamp")
    intent, heads = sha256(files[INTENT]).hex(), trees(files)
    run, datasets = parse(files["run.json"]), parse(files["datasets.json"])
    said, plan, tests = parse(payload)["predicate"], parse(announced)["predicate"], run["tests"]
    pack, sealed, demo = said["packId"], said["sealedAt"], said["operator"]["demoKey"]
    before, when, prior = said["previous"], plan["announcedAt"], plan["previous"]
    match(f"[0-9a-f]{{32}} {INSTANT} (true|false) {HEX} {INSTANT} ({HEX if first else None})",
          f"{pack} {sealed} {demo} {before} {when} {prior}", "what only the statements say")
    need(by == keyid and first < index, "announced by another key, or after its result")
    need(before == intent or first + 1 < index, "another entry is before the result")
    used = {(p["bundle"], p["rule"]): p for p in (test["policy"] for test in tests) if p}
    numbers = [str(sum(map(int, test["counts"].values()))) for test in tests]
    need(heads["population"]["treeSize"] == str(sum(map(int, numbers))), "the population's size")
    results = [{"control": t["control"]["id"], "companyId": t["control"].get("company_id"),
                "outcome": t["outcome"]["state"], "evaluated": n, "counts": t["counts"],
                "exceptionAmounts": t["exception_amounts"]} for t, n in zip(tests, numbers)]
    controls = [{"control": t["control"]["id"], "definition": sha256(compact(t["control"])).hex(),
                 "policy": t["policy"]} for t in tests]
    datasets = [{n: d[n] for n in ("name", "rows", "commitment")} for d in datasets]
    must = statement("run-intent", "run-configuration", run["run"]["configuration"], {
        "announcedAt": when, "previous": prior, "run": run["run"], "controls": controls,
        "datasets": datasets})
    need(must == announced, "the announcement is not of what the files say")
    must = statement("control-result", SUMS, sha256(files[SUMS]).hex(), {
        "formatVersion": "1", "packId": pack, "sealedAt": sealed,
        "operator": {"keyid": keyid, "demoKey": demo}, "previous": before, "intent": intent,
        "run": run["run"], "results": results, "policies": [used[name] for name in sorted(used)],
        "datasets": datasets, **heads,
        "fields": {n: said["fields"][n] for n in ("clear", "personal")}})
    need(must == payload, "the statement is not what the files say")

def main(pack=None, pem=None, log_key=None, *more):
    code, operator, log = 2, None, None
    try:
        need(pack and not more and bool(pem) == bool(log_key), __doc__)
        if pem:
            operator = unbase64(match(PEM, pathlib.Path(pem).read_text(), "operator's key")[0], 44)
            name, tag, key = match(VKEY, pathlib.Path(log_key).read_text(), "the log's key")
            key = unbase64(key, 33)
            log = name, sha256(name.encode(), b"\n", key)[:4], strong(key[1:])
            need(operator.hex().startswith("302a300506032b6570032100") and strong(operator[12:])
                 and key[0] == 1 and log[1].hex() == tag and log[2] != operator[12:], "bad keys")
        need({SUMS, STATEMENT} & set(os.listdir(pack)), "no evidence pack")
        code = 4
        code = verify(pack, operator, log) or (0 if pem else 3)
    except Exception as error:
        code = 2 if isinstance(error, (OSError, MemoryError)) else code
        print(f"{type(error).__name__}: {error}")
    print("not judged: sign-offs, tokens' signatures; whether result follows from itself and lines")
    print("verdict", ["VALID", "", "NONE", "INDETERMINATE", "INVALID"][code])
    return code

if __name__ == "__main__": sys.exit(main(*sys.argv[1:]))
