func decode(data []byte) (any, error) {
	value, err := Unpack(data)
	if err != nil {
		return nil, err
	}
	return value, plain(value)
}

// plain says what of a value is not offered yet.
func plain(value any) error {
	switch v := value.(type) {
	case Ext:
		return Unsupported{"ext types"}
	case []any:
		for _, each := range v {
			if err := plain(each); err != nil {
				return err
			}
		}
	case Map:
		seen := map[string]bool{}
		for _, entry := range v {
			key, isText := entry.Key.(string)
			if !isText || seen[key] || strings.HasPrefix(key, "$") {
				return Unsupported{"keys that are no text, or given twice"}
			}
			seen[key] = true
			if err := plain(entry.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func encode(value any) ([]byte, error) {
	if _, isBytes := value.([]byte); isBytes || value == nil {
		return nil, Unsupported{"null and bytes"}
	}
	return Pack(value), plain(value)
}
