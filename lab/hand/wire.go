package hand

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// request is what a guest asks for at the door. Open files may come with it.
type request struct {
	Do   string          `json:"do"` // one of doings
	With json.RawMessage `json:"with,omitempty"`
}

// answer is a piece of what the lab says to that. Done is the last one.
type answer struct {
	Data json.RawMessage `json:"data,omitempty"`
	Done bool            `json:"done,omitempty"`
	Err  string          `json:"err,omitempty"`
}

// wire carries JSON both ways, and open files (SCM_RIGHTS in unix(7)).
type wire struct {
	conn *net.UnixConn
	in   *json.Decoder

	mu    sync.Mutex // of sending
	files []*os.File // that came, and nobody has taken
}

func newWire(conn *net.UnixConn) *wire {
	w := &wire{conn: conn}
	w.in = json.NewDecoder(reader{w})
	return w
}

// reader reads what comes on a wire, and puts files aside.
type reader struct{ *wire }

func (r reader) Read(b []byte) (int, error) {
	oob := make([]byte, room)
	n, oobn, _, _, err := r.conn.ReadMsgUnix(b, oob)
	if err != nil {
		return 0, err
	}
	files, err := passed(oob[:oobn])
	r.files = append(r.files, files...)
	return n, err
}

// take returns the files that have come; they are the caller's to close.
func (w *wire) take() []*os.File {
	files := w.files
	w.files = nil
	return files
}

func (w *wire) receive(v any) error { return w.in.Decode(v) }

func (w *wire) send(v any, files ...*os.File) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n, _, err := w.conn.WriteMsgUnix(append(text, '\n'), passing(files), nil)
	if err == nil && n <= len(text) {
		_, err = w.conn.Write(append(text, '\n')[n:])
	}
	return err
}

// say sends a piece of the answer.
func (w *wire) say(v any, files ...*os.File) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.send(answer{Data: data}, files...)
}

// errGone says that the lab ended meanwhile.
var errGone = errors.New("the lab is gone")

// Line is a guest's way to a lab.
type Line struct {
	*wire
	Keeper int // process that keeps the lab
}

// Call comes to a lab and asks for something, with open files. Close ends it.
func Call(lab, do string, with any, files ...*os.File) (*Line, error) {
	conn, keeper, err := dial(lab)
	if err != nil {
		return nil, err
	}
	l := &Line{newWire(conn), keeper}
	data, err := json.Marshal(with)
	if err == nil {
		err = l.send(request{Do: do, With: data}, files...)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask lab %s: %w", lab, err), conn.Close())
	}
	return l, nil
}

// Next reads the next piece of the answer into v. It returns false after the last.
func (l *Line) Next(v any) (bool, error) {
	var a answer
	switch err := l.receive(&a); {
	case err != nil:
		return false, errGone
	case a.Err != "":
		return false, errors.New(a.Err)
	case a.Done:
		return false, nil
	}
	return true, json.Unmarshal(a.Data, v)
}

// Close hangs up, which ends what is being done.
func (l *Line) Close() error { return l.conn.Close() }

// Ask asks a lab for one thing.
func Ask(lab, do string, with, v any) error {
	l, err := Call(lab, do, with)
	if err != nil {
		return err
	}
	defer l.Close()
	for {
		if more, err := l.Next(v); err != nil || !more {
			return err
		}
	}
}

// Enough says that no more is wanted, and waits for what there is to say at the end.
func (l *Line) Enough() error { return l.send(true) }

// About asks a lab what it is.
func About(lab string) (Lab, error) {
	var about Lab
	l, err := Call(lab, "about", nil)
	if err != nil {
		return about, err
	}
	defer l.Close()
	_, err = l.Next(&about)
	about.PID = l.Keeper
	return about, err
}
