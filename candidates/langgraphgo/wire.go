package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

const frameLimit = 64 << 20

// Operation is an operation on an open subject.
type Operation struct {
	Name string
	Args Map
}

// Session is an open subject.
type Session interface {
	Apply(Operation) Map
}

// Unsupported says what the engine does not support: a gap, never a fault. As the error of open it
// declines a subject.
type Unsupported struct{ Reason string }

func (u Unsupported) Error() string { return u.Reason }

// Returned is the outcome of an operation that returned a value and stored bytes, by name.
func Returned(value any, stored Map) Map {
	return Map{{"value", value}, {"events", []any{}}, {"stored", append(Map{}, stored...)}, {"dropped", []any{}}}
}

// Raised is the outcome of an operation that raised one of LangGraph's errors.
func Raised(class, message string) Map {
	return Map{{"error", class}, {"message", message}, {"events", []any{}}, {"stored", Map{}}, {"dropped", []any{}}}
}

// Declined is the outcome of an operation that the engine does not support.
func Declined(reason string) Map { return Map{{"unsupported", reason}} }

type server struct {
	sessions map[int64]Session
	opened   int64
}

func main() {
	// Only frames may go to stdout, so anything that prints writes to the log on stderr.
	out := os.Stdout
	os.Stdout = os.Stderr
	s := &server{sessions: map[int64]Session{}}
	in := bufio.NewReader(os.Stdin)
	for {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		length := binary.BigEndian.Uint32(head[:])
		if length > frameLimit {
			fatal("a frame of %d bytes is over the limit", length)
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			fatal("a frame was cut: %v", err)
		}
		value, err := Unpack(body)
		message, ok := value.([]any)
		if err != nil || !ok || len(message) != 4 || message[0] != int64(0) {
			fatal("not a request: %v", err)
		}
		method, _ := message[2].(string)
		params, _ := message[3].(Map)
		failure, result := s.answer(method, params)
		reply := Pack([]any{int64(1), message[1], failure, result})
		frame := binary.BigEndian.AppendUint32(make([]byte, 0, len(reply)+4), uint32(len(reply)))
		if _, err := out.Write(append(frame, reply...)); err != nil || method == "shutdown" {
			return
		}
	}
}

func fatal(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

// answer returns an error or a result; a panic of the engine becomes an error.
func (s *server) answer(method string, params Map) (failure, result any) {
	defer func() {
		if problem := recover(); problem != nil {
			code := "engine"
			if _, declined := problem.(Unsupported); declined {
				code = "unsupported"
			}
			failure = Map{{"code", code}, {"message", fmt.Sprint(problem)}, {"detail", string(debug.Stack())}}
			result = nil
		}
	}()
	switch method {
	case "handshake", "describe":
		return nil, describe()
	case "run":
		test := params.Get("case").(Map)
		session := opened(test.Get("subject").(Map), test.Get("pins").(Map))
		outcomes := []any{}
		for _, entry := range test.Get("operations").([]any) {
			outcomes = append(outcomes, session.Apply(operation(entry.(Map))))
		}
		return nil, outcomes
	case "open":
		session := opened(params.Get("subject").(Map), params.Get("pins").(Map))
		s.opened++
		s.sessions[s.opened] = session
		return nil, s.opened
	case "apply":
		session := s.sessions[params.Get("session").(int64)]
		return nil, session.Apply(operation(params.Get("operation").(Map)))
	case "close":
		delete(s.sessions, params.Get("session").(int64))
		return nil, nil
	case "measure":
		panic(Unsupported{"measure is not implemented"})
	case "shutdown":
		return nil, nil
	}
	return Map{{"code", "bad-request"}, {"message", "no method " + method}, {"detail", ""}}, nil
}

func opened(subject, pins Map) Session {
	session, err := open(subject.Get("kind").(string), subject.Get("spec").(Map), pins)
	if err != nil {
		panic(err)
	}
	return session
}

func operation(m Map) Operation {
	return Operation{m.Get("name").(string), m.Get("args").(Map)}
}
