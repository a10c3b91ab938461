// MessagePack for the wire.
//
// The maintained libraries (@msgpack/msgpack, msgpackr) read both 1 and 1.0 as 1. With them, a float
// that JavaScript cannot tell from an integer could not be declined, only answered wrongly.

export class Ext {
  constructor(code, data) {
    this.code = code;
    this.data = data;
  }
}

// A float with an integral value, which a JavaScript number cannot express.
export class IntegralFloat {
  constructor(value) {
    this.value = value;
  }
  valueOf() {
    return this.value;
  }
}

// A map with a non-string key stays a Map; all others become objects.
export function unpack(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length)
    throw new RangeError(`${bytes.length - reader.at} bytes too many`);
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
  }

  take(length) {
    if (this.at + length > this.bytes.length) throw new RangeError(`cut at byte ${this.at}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  uint(width) {
    const bytes = this.take(width);
    return width < 8 ? bytes.readUIntBE(0, width) : narrowed(bytes.readBigUInt64BE());
  }

  int(width) {
    const bytes = this.take(width);
    return width < 8 ? bytes.readIntBE(0, width) : narrowed(bytes.readBigInt64BE());
  }

  float(width) {
    const bytes = this.take(width);
    const value = width === 4 ? bytes.readFloatBE() : bytes.readDoubleBE();
    return Number.isInteger(value) ? new IntegralFloat(value) : value;
  }

  text(length) {
    return this.take(length).toString("utf8");
  }

  ext(length) {
    const code = this.int(1);
    return new Ext(code, Uint8Array.from(this.take(length)));
  }

  array(length) {
    const items = [];
    for (let index = 0; index < length; index += 1) items.push(this.value());
    return items;
  }

  map(length) {
    const entries = [];
    for (let index = 0; index < length; index += 1) entries.push([this.value(), this.value()]);
    if (entries.some(([key]) => typeof key !== "string")) return new Map(entries);
    return Object.fromEntries(entries);
  }

  value() {
    const byte = this.uint(1);
    if (byte < 0x80) return byte;
    if (byte < 0x90) return this.map(byte & 0x0f);
    if (byte < 0xa0) return this.array(byte & 0x0f);
    if (byte < 0xc0) return this.text(byte & 0x1f);
    if (byte >= 0xe0) return byte - 0x100;
    if (byte === 0xc0) return null;
    if (byte === 0xc2 || byte === 0xc3) return byte === 0xc3;
    if (byte >= 0xc4 && byte <= 0xc6)
      return Uint8Array.from(this.take(this.uint(1 << (byte - 0xc4))));
    if (byte >= 0xc7 && byte <= 0xc9) return this.ext(this.uint(1 << (byte - 0xc7)));
    if (byte === 0xca || byte === 0xcb) return this.float(byte === 0xca ? 4 : 8);
    if (byte >= 0xcc && byte <= 0xcf) return this.uint(1 << (byte - 0xcc));
    if (byte >= 0xd0 && byte <= 0xd3) return this.int(1 << (byte - 0xd0));
    if (byte >= 0xd4 && byte <= 0xd8) return this.ext(1 << (byte - 0xd4));
    if (byte >= 0xd9 && byte <= 0xdb) return this.text(this.uint(1 << (byte - 0xd9)));
    if (byte === 0xdc || byte === 0xdd) return this.array(this.uint(2 << (byte - 0xdc)));
    if (byte === 0xde || byte === 0xdf) return this.map(this.uint(2 << (byte - 0xde)));
    throw new RangeError(`byte ${this.at - 1} begins no value`);
  }
}

function narrowed(big) {
  const number = Number(big);
  return Number.isSafeInteger(number) ? number : big;
}

export function pack(value) {
  const parts = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value, parts) {
  if (value === null || value === undefined) parts.push(Buffer.of(0xc0));
  else if (typeof value === "boolean") parts.push(Buffer.of(value ? 0xc3 : 0xc2));
  else if (typeof value === "bigint" || Number.isSafeInteger(value)) parts.push(integer(value));
  else if (typeof value === "number") parts.push(float(value));
  else if (value instanceof IntegralFloat) parts.push(float(value.value));
  else if (typeof value === "string") {
    const bytes = Buffer.from(value, "utf8");
    parts.push(
      head(bytes.length, [
        [0xa0, 31],
        [0xd9, 1],
        [0xda, 2],
        [0xdb, 4],
      ]),
      bytes,
    );
  } else if (value instanceof Uint8Array) {
    parts.push(
      head(value.length, [
        [0xc4, 1],
        [0xc5, 2],
        [0xc6, 4],
      ]),
      Buffer.from(value),
    );
  } else if (value instanceof Ext) {
    const fixed = [1, 2, 4, 8, 16].indexOf(value.data.length);
    const start =
      fixed < 0
        ? head(value.data.length, [
            [0xc7, 1],
            [0xc8, 2],
            [0xc9, 4],
          ])
        : Buffer.of(0xd4 + fixed);
    parts.push(start, Buffer.of(value.code), Buffer.from(value.data));
  } else if (Array.isArray(value)) {
    parts.push(
      head(value.length, [
        [0x90, 15],
        [0xdc, 2],
        [0xdd, 4],
      ]),
    );
    for (const item of value) write(item, parts);
  } else {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    parts.push(
      head(entries.length, [
        [0x80, 15],
        [0xde, 2],
        [0xdf, 4],
      ]),
    );
    for (const [key, entry] of entries) {
      write(key, parts);
      write(entry, parts);
    }
  }
}

// Returns the head of the shortest form: [first byte, largest length] or [first byte, width].
function head(length, forms) {
  const [[byte, most], ...wider] = forms;
  if (most > 4 && length <= most) return Buffer.of(byte | length);
  for (const [start, width] of most > 4 ? wider : forms) {
    if (length >= 2 ** (8 * width)) continue;
    const bytes = Buffer.alloc(1 + width);
    bytes[0] = start;
    bytes.writeUIntBE(length, 1, width);
    return bytes;
  }
  throw new RangeError(`nothing holds a length of ${length}`);
}

function float(value) {
  const bytes = Buffer.alloc(9, 0xcb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function integer(value) {
  if (Object.is(value, -0)) return float(value);
  const big = BigInt(value);
  if (big >= 0n && big < 0x80n) return Buffer.of(Number(big));
  if (big < 0n && big >= -32n) return Buffer.of(Number(big) + 0x100);
  for (const [index, width] of [1, 2, 4, 8].entries()) {
    const bits = 8 * width;
    const fits = big >= 0n ? BigInt.asUintN(bits, big) === big : BigInt.asIntN(bits, big) === big;
    if (!fits) continue;
    const bytes = Buffer.alloc(9);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, big), 1);
    const tail = bytes.subarray(9 - width);
    return Buffer.concat([Buffer.of((big >= 0n ? 0xcc : 0xd0) + index), tail]);
  }
  throw new RangeError(`${value} is no 64-bit integer`);
}
