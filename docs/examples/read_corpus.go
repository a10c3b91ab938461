// Reads Parity Kit's corpora with Go's standard library: go run read_corpus.go fixtures/channels.msgpack
// Prints a line a case, as in the corpus's index: id, digest, size in bytes, features.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
)

// Ext is a value that MessagePack has no type for; Data is MessagePack again.
type Ext struct {
	Code int8
	Data []byte
}

// Entry is one entry of a map: a key may be of any kind, and the order of entries counts.
type Entry struct{ Key, Value any }

// Decoder reads MessagePack values; at is where the next one begins.
type Decoder struct {
	data []byte
	at   int
}

func (d *Decoder) take(length int) []byte {
	d.at += length
	return d.data[d.at-length : d.at]
}

func (d *Decoder) uint(width int) uint64 {
	var wide [8]byte
	copy(wide[8-width:], d.take(width))
	return binary.BigEndian.Uint64(wide[:])
}

func (d *Decoder) ext(length int) Ext {
	code := int8(d.take(1)[0])
	return Ext{code, d.take(length)}
}

func (d *Decoder) array(length int) []any {
	found := make([]any, 0)
	for range length {
		found = append(found, d.value())
	}
	return found
}

func (d *Decoder) entries(length int) []Entry {
	found := make([]Entry, 0)
	for range length {
		key := d.value()
		found = append(found, Entry{key, d.value()})
	}
	return found
}

func (d *Decoder) value() any {
	head := d.take(1)[0]
	switch {
	case head < 0x80:
		return uint64(head)
	case head < 0x90:
		return d.entries(int(head & 0x0f))
	case head < 0xa0:
		return d.array(int(head & 0x0f))
	case head < 0xc0:
		return string(d.take(int(head & 0x1f)))
	case head >= 0xe0:
		return int64(int8(head))
	case head == 0xc0:
		return nil
	case head == 0xc2 || head == 0xc3:
		return head == 0xc3
	case head >= 0xc4 && head <= 0xc6:
		return d.take(int(d.uint(1 << (head - 0xc4))))
	case head >= 0xc7 && head <= 0xc9:
		return d.ext(int(d.uint(1 << (head - 0xc7))))
	case head == 0xca:
		return math.Float32frombits(uint32(d.uint(4)))
	case head == 0xcb:
		return math.Float64frombits(d.uint(8))
	case head >= 0xcc && head <= 0xcf:
		return d.uint(1 << (head - 0xcc))
	case head >= 0xd0 && head <= 0xd3:
		width := 1 << (head - 0xd0)
		return int64(d.uint(width)<<(64-8*width)) >> (64 - 8*width)
	case head >= 0xd4 && head <= 0xd8:
		return d.ext(1 << (head - 0xd4))
	case head >= 0xd9 && head <= 0xdb:
		return string(d.take(int(d.uint(1 << (head - 0xd9)))))
	case head == 0xdc || head == 0xdd:
		return d.array(int(d.uint(2 << (head - 0xdc))))
	case head == 0xde || head == 0xdf:
		return d.entries(int(d.uint(2 << (head - 0xde))))
	}
	panic(fmt.Sprintf("byte %d is no MessagePack", d.at-1))
}

func get(value any, key string) any {
	for _, entry := range value.([]Entry) {
		if entry.Key == key {
			return entry.Value
		}
	}
	panic("no " + key)
}

func main() {
	for _, file := range os.Args[1:] {
		data, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		whole := &Decoder{data: data}
		if get(whole.value(), "format") != uint64(1) {
			panic(file + ": not format 1")
		}
		// Once more, trace by trace: each one's own bytes give its digest.
		d := &Decoder{data: data, at: strings.Index(string(data), "traces") + len("traces")}
		head, count := d.take(1)[0], uint64(0)
		if head < 0xa0 {
			count = uint64(head & 0x0f)
		} else {
			count = d.uint(2 << (head - 0xdc))
		}
		for range count {
			start := d.at
			trace := d.value()
			own := data[start:d.at]
			test := get(trace, "case")
			outcomes := get(trace, "outcomes").([]any)
			for index, operation := range get(test, "operations").([]any) {
				// Here a port does the operation and compares what comes of it.
				_, _ = get(operation, "args"), get(outcomes[index], "stored")
			}
			var features []string
			for _, feature := range get(test, "features").([]any) {
				features = append(features, feature.(string))
			}
			digest := fmt.Sprintf("%x", sha256.Sum256(own))[:12]
			fmt.Printf("%s  %s  %d  %s\n", get(test, "id"), digest, len(own), strings.Join(features, ","))
		}
	}
}
