package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// A wire value is nil, bool, int64, uint64 (only above int64), float64, string, []byte,
// []any, Map or Ext.

// Ext is a value that MessagePack has no type for.
type Ext struct {
	Code int8
	Data []byte
}

// Entry is an entry of a map; its key may be of any type.
type Entry struct{ Key, Value any }

// Map keeps the order of its entries, as LangGraph's stored bytes do.
type Map []Entry

// Get returns the value under a string key, or nil.
func (m Map) Get(key string) any {
	value, _ := m.Find(key)
	return value
}

// Find returns the value under a string key, and whether there is one.
func (m Map) Find(key string) (any, bool) {
	for _, entry := range m {
		if entry.Key == key {
			return entry.Value, true
		}
	}
	return nil, false
}

// Pack returns the bytes of a value, every part in its shortest form.
func Pack(value any) []byte { return appendValue(nil, value) }

func appendValue(to []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(to, 0xc0)
	case bool:
		if v {
			return append(to, 0xc3)
		}
		return append(to, 0xc2)
	case int:
		return appendInt(to, int64(v))
	case int64:
		return appendInt(to, v)
	case uint64:
		return appendUint(to, v)
	case float64:
		return binary.BigEndian.AppendUint64(append(to, 0xcb), math.Float64bits(v))
	case string:
		if len(v) < 32 {
			return append(append(to, 0xa0|byte(len(v))), v...)
		}
		return append(appendHead(to, 0xd9, len(v)), v...)
	case []byte:
		return append(appendHead(to, 0xc4, len(v)), v...)
	case []any:
		to = appendShort(to, 0x90, 0xdc, len(v))
		for _, item := range v {
			to = appendValue(to, item)
		}
		return to
	case Map:
		to = appendShort(to, 0x80, 0xde, len(v))
		for _, entry := range v {
			to = appendValue(appendValue(to, entry.Key), entry.Value)
		}
		return to
	case Ext:
		switch n := len(v.Data); n {
		case 1, 2, 4, 8, 16:
			to = append(to, 0xd4+byte(math.Ilogb(float64(n))))
		default:
			to = appendHead(to, 0xc7, n)
		}
		return append(append(to, byte(v.Code)), v.Data...)
	}
	panic(fmt.Sprintf("%T is not a wire value", value))
}

func appendInt(to []byte, v int64) []byte {
	switch {
	case v >= 0:
		return appendUint(to, uint64(v))
	case v >= -32:
		return append(to, byte(v))
	case v >= math.MinInt8:
		return append(to, 0xd0, byte(v))
	case v >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(to, 0xd1), uint16(v))
	case v >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(to, 0xd2), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(to, 0xd3), uint64(v))
}

func appendUint(to []byte, v uint64) []byte {
	switch {
	case v < 0x80:
		return append(to, byte(v))
	case v <= math.MaxUint32:
		return appendHead(to, 0xcc, int(v))
	}
	return binary.BigEndian.AppendUint64(append(to, 0xcf), v)
}

// appendHead writes n in 8, 16 or 32 bits, after the first byte of that width.
func appendHead(to []byte, first byte, n int) []byte {
	switch {
	case n <= math.MaxUint8:
		return append(to, first, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(to, first+1), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(to, first+2), uint32(n))
}

// appendShort writes the head of an array or a map, in one byte where it fits.
func appendShort(to []byte, one, first byte, n int) []byte {
	switch {
	case n < 16:
		return append(to, one|byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(to, first), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(to, first+1), uint32(n))
}

const depthLimit = 1024

// Unpack returns the value that the bytes encode; they must hold exactly one.
func Unpack(data []byte) (value any, err error) {
	r := &reader{data: data}
	if value, err = r.value(); err == nil && r.at != len(data) {
		err = fmt.Errorf("%d bytes after the value", len(data)-r.at)
	}
	return value, err
}

type reader struct {
	data  []byte
	at    int
	depth int
}

func (r *reader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.data)-r.at {
		return nil, fmt.Errorf("cut short at byte %d", r.at)
	}
	r.at += n
	return r.data[r.at-n : r.at : r.at], nil
}

func (r *reader) uint(width int) (uint64, error) {
	piece, err := r.take(width)
	var v uint64
	for _, digit := range piece {
		v = v<<8 | uint64(digit)
	}
	return v, err
}

// sized reads a length of the given width, then that many bytes.
func (r *reader) sized(width int) ([]byte, error) {
	n, err := r.uint(width)
	if err != nil {
		return nil, err
	}
	return r.take(int(n))
}

func (r *reader) value() (any, error) {
	if r.depth++; r.depth > depthLimit {
		return nil, fmt.Errorf("nested deeper than %d", depthLimit)
	}
	defer func() { r.depth-- }()
	piece, err := r.take(1)
	if err != nil {
		return nil, err
	}
	head := piece[0]
	switch {
	case head < 0x80:
		return int64(head), nil
	case head < 0x90:
		return r.entries(int(head & 0x0f))
	case head < 0xa0:
		return r.array(int(head & 0x0f))
	case head < 0xc0:
		return text(r.take(int(head & 0x1f)))
	case head >= 0xe0:
		return int64(int8(head)), nil
	}
	return r.wide(head)
}

func (r *reader) wide(head byte) (any, error) {
	switch head {
	case 0xc0:
		return nil, nil
	case 0xc2, 0xc3:
		return head == 0xc3, nil
	case 0xc4, 0xc5, 0xc6:
		return r.sized(1 << (head - 0xc4))
	case 0xc7, 0xc8, 0xc9:
		n, err := r.uint(1 << (head - 0xc7))
		if err != nil {
			return nil, err
		}
		return r.ext(int(n))
	case 0xca:
		bits, err := r.uint(4)
		return float64(math.Float32frombits(uint32(bits))), err
	case 0xcb:
		bits, err := r.uint(8)
		return math.Float64frombits(bits), err
	case 0xcc, 0xcd, 0xce, 0xcf:
		v, err := r.uint(1 << (head - 0xcc))
		if v > math.MaxInt64 {
			return v, err
		}
		return int64(v), err
	case 0xd0, 0xd1, 0xd2, 0xd3:
		width := 1 << (head - 0xd0)
		v, err := r.uint(width)
		return int64(v<<(64-8*width)) >> (64 - 8*width), err
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		return r.ext(1 << (head - 0xd4))
	case 0xd9, 0xda, 0xdb:
		return text(r.sized(1 << (head - 0xd9)))
	}
	n, err := 0, fmt.Errorf("byte %#02x at %d does not begin a value", head, r.at-1)
	if head >= 0xdc {
		var length uint64
		length, err = r.uint(2 << (head & 1))
		n = int(length)
	}
	switch {
	case err != nil:
		return nil, err
	case head <= 0xdd:
		return r.array(n)
	}
	return r.entries(n)
}

func text(data []byte, err error) (any, error) {
	if err == nil && !utf8.Valid(data) {
		err = fmt.Errorf("a string that is not UTF-8")
	}
	return string(data), err
}

func (r *reader) ext(n int) (any, error) {
	code, err := r.take(1)
	if err != nil {
		return nil, err
	}
	data, err := r.take(n)
	return Ext{int8(code[0]), data}, err
}

func (r *reader) array(n int) (any, error) {
	items := []any{}
	for ; n > 0; n-- {
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		items = append(items, value)
	}
	return items, nil
}

func (r *reader) entries(n int) (any, error) {
	entries := Map{}
	for ; n > 0; n-- {
		key, err := r.value()
		if err != nil {
			return nil, err
		}
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{key, value})
	}
	return entries, nil
}
