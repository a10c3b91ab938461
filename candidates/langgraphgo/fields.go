package main

import (
	"github.com/smallnest/langgraphgo/graph"
)

// schema is langgraphgo's own MapSchema, begun as LangGraph begins fields with a reducer: with the
// empty value of their type.
type schema struct {
	*graph.MapSchema
	initial map[string]any
}

// Init returns the state before any input.
func (s schema) Init() map[string]any { return s.initial }

// newSchema reads the fields of a program; their order is that of what a run returns.
func newSchema(state Map) (schema, []string, error) {
	made := schema{graph.NewMapSchema(), map[string]any{}}
	var order []string
	for _, entry := range state {
		name, field := entry.Key.(string), entry.Value.(Map)
		order = append(order, name)
		for _, setting := range field {
			if setting.Key != "type" && setting.Key != "reducer" {
				return made, nil, Unsupported{"no field with a " + setting.Key.(string)}
			}
		}
		reducer, ok := field.Get("reducer").(string)
		if !ok {
			continue
		}
		kind, _ := field.Get("type").(string)
		empty, known := empties[kind]
		if !known {
			return made, nil, Unsupported{"no reducer on a field of type " + kind}
		}
		reduce, known := reducers[reducer]
		if !known {
			return made, nil, Unsupported{"no reducer " + reducer}
		}
		made.initial[name] = empty
		made.RegisterReducer(name, reduce)
	}
	return made, order, nil
}

var empties = map[string]any{
	"int": int64(0), "float": 0.0, "str": "", "bool": false, "list": []any{}, "dict": Map{},
}

var reducers = map[string]graph.Reducer{
	"add": func(a, b any) (any, error) {
		if sum := added(a, b); sum != nil {
			return sum, nil
		}
		return nil, Unsupported{"no sum of other than two numbers, strings or lists"}
	},
	"last":  func(_, b any) (any, error) { return b, nil },
	"first": func(a, _ any) (any, error) { return a, nil },
	"max":   func(a, b any) (any, error) { return chosen(a, b, true) },
	"min":   func(a, b any) (any, error) { return chosen(a, b, false) },
	"merge": func(a, b any) (any, error) {
		left, first := a.(Map)
		right, second := b.(Map)
		if !first || !second {
			return nil, Unsupported{"no merge of other than two maps"}
		}
		merged := append(Map{}, left...)
		for _, entry := range right {
			merged = put(merged, entry)
		}
		return merged, nil
	},
}

func chosen(a, b any, larger bool) (any, error) {
	x, first := a.(int64)
	y, second := b.(int64)
	if !first || !second {
		return nil, Unsupported{"no max or min of other than two integers"}
	}
	if (larger && y > x) || (!larger && y < x) {
		return b, nil
	}
	return a, nil
}

func put(to Map, entry Entry) Map {
	for i := range to {
		if to[i].Key == entry.Key {
			to[i].Value = entry.Value
			return to
		}
	}
	return append(to, entry)
}
