// Frames: a length of four bytes, then that many bytes.

const HEAD = 4;

// Yields the body of each frame of a stream, until it ends.
export async function* frames(source) {
  let pending = Buffer.alloc(0);
  for await (const piece of source) {
    pending = pending.length ? Buffer.concat([pending, piece]) : piece;
    while (pending.length >= HEAD && pending.length >= HEAD + pending.readUInt32BE()) {
      const end = HEAD + pending.readUInt32BE();
      yield pending.subarray(HEAD, end);
      pending = pending.subarray(end);
    }
  }
}

export function frame(body) {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}
