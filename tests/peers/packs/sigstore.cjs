// The envelopes of packs as @sigstore/core reads them. A line for each pack.
//
//     sigstore.cjs MODULE OPERATOR-KEY.pem PACK...
const fs = require('fs');

const [module_, key, ...packs] = process.argv.slice(2);
const { crypto, dsse } = require(module_);
const operator = crypto.createPublicKey(fs.readFileSync(key, 'utf8'));
for (const pack of packs) {
  try {
    const envelope = JSON.parse(fs.readFileSync(`${pack}/statement.dsse.json`, 'utf8'));
    const payload = Buffer.from(envelope.payload, 'base64');
    const signed = dsse.preAuthEncoding(envelope.payloadType, payload);
    const [signature] = envelope.signatures;
    // Ed25519 hashes by itself, so no algorithm is named.
    const holds = crypto.verify(signed, operator, Buffer.from(signature.sig, 'base64'), undefined);
    console.log(holds ? 'accepted' : 'refused: the signature does not hold');
  } catch (error) {
    console.log(`refused: ${error}`);
  }
}
