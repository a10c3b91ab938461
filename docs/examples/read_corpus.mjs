// Reads Parity Kit's corpora with nothing but Node: node read_corpus.mjs fixtures/channels.msgpack
// Prints a line a case, as in the corpus's index: id, digest, size in bytes, features.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

// A MessagePack decoder. Maps become Map (a key may be of any kind), ext values {code, data},
// integers beyond 2^53 BigInt. `at` is where the next value begins.
class Decoder {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  take(length) {
    if (this.at + length > this.bytes.length) throw new RangeError(`cut at byte ${this.at}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  uint(width) {
    const bytes = this.take(width);
    return width < 8 ? bytes.readUIntBE(0, width) : safe(bytes.readBigUInt64BE());
  }
  int(width) {
    const bytes = this.take(width);
    return width < 8 ? bytes.readIntBE(0, width) : safe(bytes.readBigInt64BE());
  }
  text(length) {
    return this.take(length).toString("utf8");
  }
  ext(length) {
    const code = this.int(1);
    return { code, data: this.take(length) };
  }
  array(length) {
    return Array.from({ length }, () => this.value());
  }
  map(length) {
    return new Map(Array.from({ length }, () => [this.value(), this.value()]));
  }
  value() {
    const byte = this.uint(1);
    if (byte < 0x80) return byte;
    if (byte < 0x90) return this.map(byte & 0x0f);
    if (byte < 0xa0) return this.array(byte & 0x0f);
    if (byte < 0xc0) return this.text(byte & 0x1f);
    if (byte >= 0xe0) return byte - 0x100;
    if (byte >= 0xc4 && byte <= 0xc6) return this.take(this.uint(1 << (byte - 0xc4)));
    if (byte >= 0xc7 && byte <= 0xc9) return this.ext(this.uint(1 << (byte - 0xc7)));
    if (byte >= 0xcc && byte <= 0xcf) return this.uint(1 << (byte - 0xcc));
    if (byte >= 0xd0 && byte <= 0xd3) return this.int(1 << (byte - 0xd0));
    if (byte >= 0xd4 && byte <= 0xd8) return this.ext(1 << (byte - 0xd4));
    if (byte >= 0xd9 && byte <= 0xdb) return this.text(this.uint(1 << (byte - 0xd9)));
    if (byte === 0xdc || byte === 0xdd) return this.array(this.uint(2 << (byte - 0xdc)));
    if (byte === 0xde || byte === 0xdf) return this.map(this.uint(2 << (byte - 0xde)));
    if (byte === 0xca) return this.take(4).readFloatBE();
    if (byte === 0xcb) return this.take(8).readDoubleBE();
    if (byte === 0xc1) throw new RangeError(`byte ${this.at - 1} is no MessagePack`);
    return { 0xc0: null, 0xc2: false, 0xc3: true }[byte];
  }
}

const safe = (big) => (BigInt.asIntN(54, big) === big ? Number(big) : big);

for (const file of process.argv.slice(2)) {
  const bytes = readFileSync(file);
  const corpus = new Decoder(bytes).value();
  if (corpus.get("format") !== 1) throw new Error(`${file}: not format 1`);

  // Each trace's own bytes, for its digest: the head of the corpus once more, then value by value.
  const decoder = new Decoder(bytes);
  decoder.at = bytes.indexOf("traces") + "traces".length;
  decoder.at += { 0xdc: 3, 0xdd: 5 }[bytes[decoder.at]] ?? 1;
  for (const trace of corpus.get("traces")) {
    const start = decoder.at;
    decoder.value();
    const own = bytes.subarray(start, decoder.at);
    const digest = createHash("sha256").update(own).digest("hex").slice(0, 12);
    const test = trace.get("case");
    for (const [index, operation] of test.get("operations").entries()) {
      const expected = trace.get("outcomes")[index];
      // Here a port does operation.get("name") with operation.get("args") and compares:
      // expected.get("error") and "message", or "value" and "events"; and the bytes in "stored".
      if (!operation.has("args") || !expected.has("stored")) throw new Error(test.get("id"));
    }
    const features = test.get("features").join(",");
    console.log(`${test.get("id")}  ${digest}  ${own.length}  ${features}`);
  }
}
