// langgraphgo behind Parity Kit's wire; README.md lists what differs from LangGraph.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/smallnest/langgraphgo/graph"
)

func describe() Map {
	return Map{
		{"name", "langgraphgo"}, {"version", "0.8.5"}, {"language", "Go"},
		{"levels", Map{{"graph", "result"}}}, {"engaged", Map{}}, {"protocol", int64(1)},
	}
}

func open(kind string, spec, pins Map) (Session, error) {
	saver := spec.Get("saver")
	switch {
	case kind != "graph":
		return nil, Unsupported{"no " + kind + " of LangGraph's kind"}
	case saver != nil && saver != "memory":
		return nil, Unsupported{"no saver of that kind with LangGraph's interface"}
	}
	p, err := build(spec.Get("program").(Map))
	if err != nil {
		return nil, err
	}
	// A listener saves each step; langgraphgo does that in the background, and the next run reads it.
	runnable, err := p.graph.CompileCheckpointable()
	return &session{program: p, runnable: runnable}, err
}

// session is a compiled graph with langgraphgo's store of checkpoints in memory.
type session struct {
	*program
	runnable   *graph.CheckpointableRunnable[state]
	interrupts int
}

// Apply runs the graph. What it says besides the final state is not compared at level result.
func (s *session) Apply(operation Operation) (outcome Map) {
	defer func() {
		if problem := recover(); problem != nil {
			outcome = failed(problem.(error))
		}
	}()
	args, config := operation.Args, &graph.Config{InterruptBefore: s.before, InterruptAfter: s.after}
	var input state
	switch operation.Name {
	case "invoke":
		given, ok := args.Get("input").(Map)
		if !ok {
			return Declined("no input but a map of fields")
		}
		input = state{}
		for _, entry := range given {
			input[entry.Key.(string)] = entry.Value
		}
	case "resume":
		if config.ResumeValue = args.Get("value"); config.ResumeValue == nil {
			return Declined("no resuming with null: that is langgraphgo's sign of no answer")
		}
		input = state{}
	default:
		return Declined("no operation " + operation.Name)
	}
	for _, entry := range args {
		switch entry.Key {
		case "input", "value":
		case "thread":
			config.Configurable = map[string]any{"thread_id": entry.Value}
		default:
			return Declined("no argument " + entry.Key.(string))
		}
	}
	s.ran = 0
	final, err := s.runnable.InvokeWithConfig(context.Background(), input, config)
	var stopped *graph.GraphInterrupt
	if errors.As(err, &stopped) {
		return Returned(s.output(final, stopped), nil)
	}
	if err != nil {
		return failed(err)
	}
	return Returned(s.output(final, nil), nil)
}

// output is the state in the order of its fields, and a pending interrupt as LangGraph returns it;
// langgraphgo gives interrupts no ids, so they are numbered here.
func (s *session) output(final state, stopped *graph.GraphInterrupt) Map {
	output := Map{}
	for _, name := range s.order {
		if value, ok := final[name]; ok {
			output = append(output, Entry{name, value})
		}
	}
	if stopped != nil && stopped.InterruptValue != nil {
		s.interrupts++
		id := fmt.Sprintf("%032x", s.interrupts)
		fields := Map{{"value", stopped.InterruptValue}, {"id", id}, {"response_schema", nil}}
		data := Pack([]any{"langgraph.types", "Interrupt", fields})
		output = append(output, Entry{"__interrupt__", []any{Ext{2, data}}})
	}
	return output
}

// failed is the outcome for an error: Python's of a body, a gap, or langgraphgo's own.
func failed(err error) Map {
	var gap Unsupported
	var raised PythonError
	switch {
	case errors.As(err, &gap):
		return Declined(gap.Reason)
	case errors.As(err, &raised):
		return Raised(raised.Class, raised.Message)
	}
	return Raised("langgraphgo.error", fmt.Sprint(err))
}
