package main

import (
	"bytes"
	"context"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/smallnest/langgraphgo/graph"
)

// PythonError is what a body or a reducer raises: an error of Python's, by class and message.
type PythonError struct{ Class, Message string }

func (e PythonError) Error() string { return e.Class + ": " + e.Message }

// visit is one run of a node's body: what it reads, its variables, and what it has written so far.
type visit struct {
	ctx    context.Context
	input  map[string]any
	vars   map[string]any
	writes map[string]any
}

// body runs a list of instructions of docs/programs.md.
func (v *visit) body(instructions []any) error {
	for _, instruction := range instructions {
		for _, entry := range instruction.(Map) {
			if err := v.instruction(entry.Key.(string), entry.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *visit) instruction(name string, args any) error {
	switch name {
	case "write":
		return v.assign(v.writes, args.(Map))
	case "let":
		return v.assign(v.vars, args.(Map))
	case "when":
		parts := args.([]any)
		chosen, err := v.value(parts[0])
		switch {
		case err != nil:
			return err
		case truth(chosen):
			return v.body(parts[1].([]any))
		case len(parts) > 2:
			return v.body(parts[2].([]any))
		}
		return nil
	case "raise":
		class, _ := args.(Map).Get("type").(string)
		message, _ := args.(Map).Get("message").(string)
		if class == "KeyError" {
			message = "'" + message + "'"
		}
		return PythonError{class, message}
	}
	return Unsupported{"no instruction " + name}
}

func (v *visit) assign(to map[string]any, entries Map) error {
	for _, entry := range entries {
		value, err := v.value(entry.Value)
		if err != nil {
			return err
		}
		to[entry.Key.(string)] = value
	}
	return nil
}

// value evaluates an expression.
func (v *visit) value(expression any) (any, error) {
	switch e := expression.(type) {
	case []any:
		items := make([]any, 0, len(e))
		for _, item := range e {
			value, err := v.value(item)
			if err != nil {
				return nil, err
			}
			items = append(items, value)
		}
		return items, nil
	case Map:
		if len(e) == 1 {
			if name, ok := e[0].Key.(string); ok && operators[name] {
				return v.operator(name, e[0].Value)
			}
		}
		entries := make(Map, 0, len(e))
		for _, entry := range e {
			value, err := v.value(entry.Value)
			if err != nil {
				return nil, err
			}
			entries = append(entries, Entry{entry.Key, value})
		}
		return entries, nil
	}
	return expression, nil
}

var operators = map[string]bool{}

func init() {
	known := "get input var lit add join len eq lt not if range send overwrite interrupt command visits info " +
		"context error store_get store_search message call call_all previous final"
	for _, name := range strings.Fields(known) {
		operators[name] = true
	}
}

func (v *visit) operator(name string, args any) (any, error) {
	switch name {
	case "get":
		return v.input[args.(string)], nil
	case "var":
		return v.vars[args.(string)], nil
	case "lit":
		return args, nil
	case "if":
		parts := args.([]any)
		chosen, err := v.value(parts[0])
		if err != nil {
			return nil, err
		}
		if truth(chosen) {
			return v.value(parts[1])
		}
		return v.value(parts[2])
	case "interrupt":
		value, err := v.value(args)
		if err != nil {
			return nil, err
		}
		return graph.Interrupt(v.ctx, value)
	case "add", "eq", "lt", "join", "len", "not", "range":
		value, err := v.value(args)
		if err != nil {
			return nil, err
		}
		return applied(name, value), nil
	}
	return nil, Unsupported{"no operator " + name}
}

// applied is an operator of values that are already there; it is total.
func applied(name string, value any) any {
	parts, _ := value.([]any)
	switch name {
	case "add":
		return added(parts[0], parts[1])
	case "eq":
		return bytes.Equal(Pack(parts[0]), Pack(parts[1]))
	case "lt":
		a, first := parts[0].(int64)
		b, second := parts[1].(int64)
		return first && second && a < b
	case "join":
		return joined(parts)
	case "len":
		return length(value)
	case "not":
		return !truth(value)
	}
	numbers := []any{}
	n, _ := value.(int64)
	for i := int64(0); i < min(n, 64); i++ {
		numbers = append(numbers, i)
	}
	return numbers
}

func added(a, b any) any {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			sum := x + y
			if x > 0 && y > 0 && sum < 0 {
				return int64(math.MaxInt64)
			}
			if x < 0 && y < 0 && sum >= 0 {
				return int64(math.MinInt64)
			}
			return sum
		}
	case float64:
		if y, ok := b.(float64); ok {
			return x + y
		}
	case string:
		if y, ok := b.(string); ok {
			return x + y
		}
	case []any:
		if y, ok := b.([]any); ok {
			return append(append([]any{}, x...), y...)
		}
	}
	return nil
}

func joined(parts []any) string {
	texts := make([]string, 0, len(parts))
	for _, part := range parts {
		switch p := part.(type) {
		case string:
			texts = append(texts, p)
		case int64:
			texts = append(texts, strconv.FormatInt(p, 10))
		default:
			texts = append(texts, "?")
		}
	}
	return strings.Join(texts, "-")
}

func length(value any) int64 {
	switch v := value.(type) {
	case string:
		return int64(utf8.RuneCountInString(v))
	case []any:
		return int64(len(v))
	case Map:
		return int64(len(v))
	}
	return 0
}

func truth(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string, []any, Map:
		return length(v) != 0
	}
	return true
}
