package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

type eventJSON struct {
	At   Time            `json:"at"`
	Kind Kind            `json:"kind"`
	Node string          `json:"node,omitempty"`
	Data json.RawMessage `json:"data"`
}

// MarshalJSON writes the event as one line of events.jsonl.
func (e Event) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return nil, fmt.Errorf("encode %s event: %w", e.Kind, err)
	}
	if !plain(string(e.Kind)) || !plain(e.Node) {
		return json.Marshal(eventJSON{e.At, e.Kind, e.Node, data})
	}
	line := make([]byte, 0, len(data)+len(e.Kind)+len(e.Node)+64)
	line = append(strconv.AppendInt(append(line, eventAt...), int64(e.At), 10), eventKind...)
	line = append(append(line, e.Kind...), '"')
	if e.Node != "" {
		line = append(append(append(line, eventNode...), e.Node...), '"')
	}
	return append(append(append(line, eventData...), data...), '}'), nil
}

// How an event's line is put together.
const (
	eventAt   = `{"at":`
	eventKind = `,"kind":"`
	eventNode = `,"node":"`
	eventData = `,"data":`
)

// plain says whether the text stands in JSON as it is.
func plain(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// cut takes a line apart that was put together so; ok is false of one that may say the
// same in another way, which takes json three times as long.
func cut(line []byte) (raw eventJSON, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(eventAt))
	at, rest, kinds := bytes.Cut(rest, []byte(eventKind))
	kind, rest, ends := bytes.Cut(rest, []byte{'"'})
	if named, is := bytes.CutPrefix(rest, []byte(eventNode)); is {
		var node []byte
		if node, rest, is = bytes.Cut(named, []byte{'"'}); !is || !plain(string(node)) || len(node) == 0 {
			return raw, false
		}
		raw.Node = string(node)
	}
	data, has := bytes.CutPrefix(rest, []byte(eventData))
	data, closed := bytes.CutSuffix(bytes.TrimSuffix(data, []byte{'\n'}), []byte{'}'})
	n, whole := wholeNumber(at)
	if !ok || !kinds || !ends || !has || !closed || !whole || !plain(string(kind)) || len(at) > 1 && at[0] == '0' {
		return raw, false
	}
	raw.At, raw.Kind, raw.Data = Time(n), Kind(kind), data
	return raw, n >= 0
}

// UnmarshalJSON reads one line of events.jsonl. An unknown kind is an error:
// the record is from another version.
func (e *Event) UnmarshalJSON(line []byte) error {
	if raw, ok := cut(line); ok && e.take(raw) == nil {
		return nil
	}
	var raw eventJSON
	if err := json.Unmarshal(line, &raw); err != nil {
		return err
	}
	return e.take(raw)
}

func (e *Event) take(raw eventJSON) error {
	payload, ok := payloads[raw.Kind]
	if !ok {
		return fmt.Errorf("unknown event kind %q", raw.Kind)
	}
	if data := bytes.TrimSpace(raw.Data); len(data) == 0 || string(data) == "null" || string(data) == "{}" {
		return fmt.Errorf("the %s event says nothing", raw.Kind)
	}
	p := payload()
	if err := json.Unmarshal(raw.Data, p); err != nil {
		return fmt.Errorf("decode %s event: %w", raw.Kind, err)
	}
	*e = Event{raw.At, raw.Kind, raw.Node, reflect.ValueOf(p).Elem().Interface()}
	return nil
}
