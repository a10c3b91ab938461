package main

import (
	"context"

	"github.com/smallnest/langgraphgo/graph"
)

type state = map[string]any

// patience is how many nodes may run in one invoke: langgraphgo has no recursion limit, and a cycle
// that LangGraph would stop runs for ever.
const patience = 500

// program is a graph program, built with langgraphgo.
type program struct {
	graph  *graph.CheckpointableStateGraph[state]
	before []string
	after  []string
	order  []string
	ran    int
}

// build makes a graph as a user of langgraphgo would write it. A graph there has one entry point, so
// the first node is one that does nothing, whose edges are those of __start__.
func build(spec Map) (*program, error) {
	for _, entry := range spec {
		switch entry.Key {
		case "state", "nodes", "edges", "branches", "interrupt_before", "interrupt_after":
		default:
			return nil, Unsupported{"no " + entry.Key.(string)}
		}
	}
	fields, _ := spec.Get("state").(Map)
	schema, order, err := newSchema(fields)
	if err != nil {
		return nil, err
	}
	p := &program{graph: graph.NewCheckpointableStateGraph[state](), order: order}
	p.graph.SetSchema(schema)
	p.node("__start__", nil)
	p.graph.SetEntryPoint("__start__")
	for _, entry := range spec.Get("nodes").(Map) {
		for _, setting := range entry.Value.(Map) {
			if setting.Key != "body" {
				return nil, Unsupported{"no node with a " + setting.Key.(string)}
			}
		}
		p.node(entry.Key.(string), entry.Value.(Map).Get("body").([]any))
	}
	if err := p.edges(spec); err != nil {
		return nil, err
	}
	if p.before, err = names(spec.Get("interrupt_before")); err == nil {
		p.after, err = names(spec.Get("interrupt_after"))
	}
	return p, err
}

func (p *program) node(name string, body []any) {
	p.graph.AddNode(name, "", func(ctx context.Context, input state) (state, error) {
		if p.ran++; p.ran > patience {
			return nil, Unsupported{"no recursion limit"}
		}
		v := &visit{ctx, input, state{}, state{}}
		err := v.body(body)
		return v.writes, err
	})
}

func (p *program) edges(spec Map) error {
	edges, _ := spec.Get("edges").([]any)
	for _, edge := range edges {
		from, ok := edge.([]any)[0].(string)
		if !ok {
			return Unsupported{"no edge that waits for several nodes"}
		}
		p.graph.AddEdge(from, target(edge.([]any)[1].(string)))
	}
	branches, _ := spec.Get("branches").(Map)
	for _, entry := range branches {
		paths := entry.Value.([]any)
		if len(paths) != 1 {
			return Unsupported{"no node with two conditional edges"}
		}
		expression, names := paths[0], Map(nil)
		if m, ok := expression.(Map); ok {
			if path, mapped := m.Find("path"); mapped {
				expression = path
				names, _ = m.Get("map").(Map)
			}
		}
		p.graph.AddConditionalEdge(entry.Key.(string), func(ctx context.Context, now state) string {
			value, err := (&visit{ctx, now, state{}, nil}).value(expression)
			if err != nil {
				panic(err)
			}
			name, ok := value.(string)
			if !ok {
				panic(Unsupported{"no conditional edge that gives other than one name"})
			}
			if mapped, ok := names.Get(name).(string); ok {
				name = mapped
			}
			return target(name)
		})
	}
	return nil
}

func target(name string) string {
	if name == "__end__" {
		return graph.END
	}
	return name
}

func names(value any) ([]string, error) {
	if value == nil {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, Unsupported{"no breakpoint at every node"}
	}
	var nodes []string
	for _, node := range list {
		nodes = append(nodes, node.(string))
	}
	return nodes, nil
}
