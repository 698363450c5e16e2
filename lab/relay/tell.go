package relay

import (
	"encoding/json"
	"io"
	"sync"

	"anylab/lab/record"
)

// teller writes lines for whoever started the relay.
type teller struct {
	mu  sync.Mutex
	out io.Writer
}

func (t *teller) line(s string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := io.WriteString(t.out, s+"\n")
	return err
}

// doubt tells of a reason to doubt what is measured now.
func (t *teller) doubt(name, detail string) error {
	text, err := json.Marshal(doubt(name, detail))
	if err != nil {
		return err
	}
	return t.line(string(text))
}

func doubt(name, detail string) record.Event {
	return record.Event{At: record.Now(), Kind: record.KindFinding, Data: record.Finding{Name: name, Detail: detail}}
}
