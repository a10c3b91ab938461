// your-engine is a LangGraph engine for Parity Kit. README.md says what to implement, step by step.
package main

// describe claims a level for each kind of subject that open opens.
func describe() Map {
	return Map{
		{"name", "your-engine"}, {"version", "0.1.0"}, {"language", "Go"},
		{"levels", Map{{"codec", "bytes"}}}, {"engaged", Map{}}, {"protocol", int64(1)},
	}
}

// open opens a subject; the other kinds are channel, graph, saver, store and cache.
func open(kind string, spec, pins Map) (Session, error) {
	if kind == "codec" {
		return Codec{}, nil
	}
	return nil, Unsupported{kind + " subjects are not implemented"}
}

// Codec is the codec subject: it reads and writes the values that LangGraph stores.
type Codec struct{}

// Apply applies one operation; an unsupported one counts as a gap, never as a fault.
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
	return Declined(operation.Name + " is not implemented for this value")
}

func encoded(value any) Map {
	data, err := encode(value)
	if err != nil {
		return Declined(err.Error())
	}
	return Returned("msgpack", Map{{"data", data}})
}

// decode returns the opened form of stored bytes (see: parity-kit docs contract).
func decode(data []byte) (any, error) {
	if len(data) == 1 && data[0] < 0x80 {
		return int64(data[0]), nil
	}
	return nil, Unsupported{"decoding more than a small integer is not implemented"}
}

// encode returns the bytes that LangGraph would store for an opened value.
func encode(value any) ([]byte, error) {
	if number, ok := value.(int64); ok && 0 <= number && number < 0x80 {
		return []byte{byte(number)}, nil
	}
	return nil, Unsupported{"encoding more than a small integer is not implemented"}
}
