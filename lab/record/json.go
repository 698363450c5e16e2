package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
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
	return json.Marshal(eventJSON{e.At, e.Kind, e.Node, data})
}

// UnmarshalJSON reads one line of events.jsonl. An unknown kind is an error:
// the record is from another version.
func (e *Event) UnmarshalJSON(line []byte) error {
	var raw eventJSON
	if err := json.Unmarshal(line, &raw); err != nil {
		return err
	}
	payload, ok := payloads[raw.Kind]
	if !ok {
		return fmt.Errorf("unknown event kind %q", raw.Kind)
	}
	if data := string(bytes.TrimSpace(raw.Data)); data == "" || data == "null" || data == "{}" {
		return fmt.Errorf("the %s event says nothing", raw.Kind)
	}
	p := payload()
	if err := json.Unmarshal(raw.Data, p); err != nil {
		return fmt.Errorf("decode %s event: %w", raw.Kind, err)
	}
	*e = Event{raw.At, raw.Kind, raw.Node, reflect.ValueOf(p).Elem().Interface()}
	return nil
}
