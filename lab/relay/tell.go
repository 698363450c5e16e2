package relay

import (
	"encoding/json"
	"io"
	"sync"
	"time"

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
func (t *teller) doubt(name, detail string) error { return t.event(doubt(name, detail)) }

func (t *teller) event(e record.Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return t.line(string(text))
}

func doubt(name, detail string) record.Event {
	return record.Event{At: record.Now(), Kind: record.KindFinding, Data: record.Finding{Name: name, Detail: detail}}
}

// since makes the doubt one about the span that has just ended.
func since(e record.Event, d time.Duration) record.Event {
	f := e.Data.(record.Finding)
	f.From = e.At.Add(-d)
	e.Data = f
	return e
}
