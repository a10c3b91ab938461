    private static Value decode(byte[] data) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(data)) {
            Value value = unpacker.unpackValue();
            plain(value);
            return value;
        } catch (IOException problem) {
            throw new Unsupported("what is no MessagePack");
        }
    }

    /** Says what of a value is not offered yet. */
    private static void plain(Value value) {
        if (value.isExtensionValue()) {
            throw new Unsupported("ext types");
        } else if (value.isArrayValue()) {
            value.asArrayValue().forEach(Engine::plain);
        } else if (value.isMapValue()) {
            Set<Value> seen = new HashSet<>();
            for (Map.Entry<Value, Value> entry : value.asMapValue().entrySet()) {
                Value key = entry.getKey();
                if (!key.isStringValue() || key.toString().startsWith("$") || !seen.add(key)) {
                    throw new Unsupported("keys that are no text, or given twice");
                }
                plain(entry.getValue());
            }
        }
    }

    /** Returns the bytes that store an opened value. */
    private static byte[] encode(Value value) {
        if (value.isNilValue() || value.isBinaryValue()) {
            throw new Unsupported("null and bytes");
        }
        plain(value);
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packValue(value);
            return packer.toByteArray();
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }
