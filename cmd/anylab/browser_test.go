package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// browser is a page of headless Chromium, which is spoken to by its own protocol
// (chromedevtools.github.io/devtools-protocol) over two pipes: so it needs no port.
type browser struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	session string
	asked   int
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	ours, theirs := [2]*os.File{}, [2]*os.File{} // to the browser, and from it
	for i, pipe := range [][2]**os.File{{&theirs[0], &ours[0]}, {&ours[1], &theirs[1]}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err, i)
		}
		*pipe[0], *pipe[1] = r, w
	}
	cmd := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = theirs[:] // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, in: ours[0], out: bufio.NewReader(ours[1])}
	t.Cleanup(func() {
		_, _ = fmt.Fprint(ours[0], `{"id":0,"method":"Browser.close"}`+"\x00")
		_ = cmd.Wait()
		for _, f := range ours {
			f.Close()
		}
	})
	for _, f := range theirs {
		f.Close()
	}
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	b.call("Page.enable", nil, nil)
	return b
}

type message struct {
	ID        int             `json:"id,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     json.RawMessage `json:"error,omitempty"`
}

// call asks for something and waits for it.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.asked++
	text, err := json.Marshal(message{ID: b.asked, Method: method, Params: params, SessionID: b.session})
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	if err != nil {
		b.t.Fatal(method, err)
	}
	m := b.await(func(m message) bool { return m.ID == b.asked })
	if m.Error != nil {
		b.t.Fatalf("%s: %s", method, m.Error)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.t.Fatal(method, err)
		}
	}
}

func (b *browser) await(wanted func(message) bool) message {
	b.t.Helper()
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatal("the browser is gone:", err)
		}
		var m message
		if err := json.Unmarshal(bytes.TrimRight(text, "\x00"), &m); err != nil {
			b.t.Fatal(err)
		}
		if wanted(m) {
			return m
		}
	}
}

// show opens a file in a window of so many pixels, in the dark or not.
func (b *browser) show(file string, width int, scheme string) {
	b.t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		b.t.Fatal(err)
	}
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	b.await(func(m message) bool { return m.Method == "Page.loadEventFired" })
}

// run evaluates a script in the page.
func (b *browser) run(script string, result any) {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, answer.ExceptionDetails)
	}
	if result != nil {
		if err := json.Unmarshal(answer.Result.Value, result); err != nil {
			b.t.Fatal(err)
		}
	}
}

// press presses a key.
func (b *browser) press(key string, code int) {
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}, nil)
	}
}

// said lists what the page says to a screen reader: by its role, the names.
func (b *browser) said() map[string][]string {
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value string }
		}
	}
	b.call("Accessibility.getFullAXTree", nil, &tree)
	said := map[string][]string{}
	for _, n := range tree.Nodes {
		if !n.Ignored {
			said[n.Role.Value] = append(said[n.Role.Value], n.Name.Value)
		}
	}
	return said
}
