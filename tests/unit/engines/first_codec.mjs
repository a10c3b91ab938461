function decode(data) {
  try {
    return opened(unpack(data));
  } catch (error) {
    throw new Unsupported(`these bytes: ${error}`);
  }
}

function opened(value) {
  if (value instanceof Ext) throw new Unsupported("ext types");
  if (Array.isArray(value)) return value.map(opened);
  if (!(value instanceof Map)) return value;
  const plain = [...value.keys()].every((key) => typeof key === "string" && !key.startsWith("$"));
  if (!plain) throw new Unsupported("keys that are no text");
  return new Map([...value].map(([key, each]) => [key, opened(each)]));
}

function encode(value) {
  if (value === null || value instanceof Uint8Array) throw new Unsupported("null and bytes");
  return pack(opened(value));
}
