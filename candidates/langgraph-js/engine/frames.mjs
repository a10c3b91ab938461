// Frames: a length of four bytes, then that many bytes.

const HEAD = 4;

// Yields the body of each frame of a stream, until it ends.
export async function* frames(source) {
  let pieces = [];
  let length = 0;
  for await (const piece of source) {
    pieces.push(piece);
    length += piece.length;
    while (length >= HEAD) {
      if (pieces[0].length < HEAD) pieces = [Buffer.concat(pieces)];
      const end = HEAD + pieces[0].readUInt32BE();
      if (length < end) break;
      // Join only once the frame is complete: a large one arrives in a thousand pieces.
      const all = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
      yield all.subarray(HEAD, end);
      pieces = [all.subarray(end)];
      length -= end;
    }
  }
}

export function frame(body) {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}
