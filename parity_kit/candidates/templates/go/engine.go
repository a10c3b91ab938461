// your-engine, an engine for Parity Kit: README.md says what to fill in, and in which order.
package main

// describe says what can be opened, and how closely it claims to be LangGraph's.
func describe() Map {
	return Map{
		{"name", "your-engine"}, {"version", "0.1.0"}, {"language", "Go"},
		{"levels", Map{{"codec", "bytes"}}}, {"engaged", Map{}}, {"protocol", int64(1)},
	}
}

// open opens a subject; channel, graph and saver are the others.
func open(kind string, spec, pins Map) (Session, error) {
	if kind == "codec" {
		return Codec{}, nil
	}
	return nil, Unsupported{"no " + kind + " yet"}
}

// Codec is the subject codec: LangGraph's stored values, read and written.
type Codec struct{}

// Apply does one operation; what is not offered yet is unsupported, which is never wrong.
func (Codec) Apply(operation Operation) Map {
	data, _ := operation.Args.Get("data").([]byte)
	stored := operation.Args.Get("type") == "msgpack"
	switch {
	case operation.Name == "decode" && stored:
		if value, err := decode(data); err == nil {
			return Returned(value, nil)
		}
	case operation.Name == "round_trip" && stored:
		if value, err := decode(data); err == nil {
			return encoded(value)
		}
	case operation.Name == "encode":
		return encoded(operation.Args.Get("value"))
	}
	return Declined("no " + operation.Name + " of that yet")
}

func encoded(value any) Map {
	data, err := encode(value)
	if err != nil {
		return Declined(err.Error())
	}
	return Returned("msgpack", Map{{"data", data}})
}

// decode returns the opened value of stored bytes (see: parity-kit docs contract).
func decode(data []byte) (any, error) {
	if len(data) == 1 && data[0] < 0x80 {
		return int64(data[0]), nil
	}
	return nil, Unsupported{"decode of more than one small integer"}
}

// encode returns the bytes that store an opened value.
func encode(value any) ([]byte, error) {
	if number, ok := value.(int64); ok && 0 <= number && number < 0x80 {
		return []byte{byte(number)}, nil
	}
	return nil, Unsupported{"encode of more than one small integer"}
}
