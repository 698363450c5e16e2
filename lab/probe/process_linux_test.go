package probe

import (
	"bufio"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
)

// What a prober's process reports arrives as it was written.
func TestReport(t *testing.T) {
	var text strings.Builder
	out := &reporter{w: bufio.NewWriter(&text)}
	out.armed("fifo")
	want := &notes{
		samples: []record.Sample{
			{Seq: 7, Flow: 3, Due: 1e9, Sent: 1e9 + 5, Received: 1e9 + 900, Node: "site-a", Held: 12},
			{Seq: 8, Flow: 0, Due: 2e9, Sent: 2e9 + 5},
		},
		findings: []record.Event{finding(5, "c", Died, "it ended\nearly"),
			{At: 6, Kind: record.KindStream, Node: "c", Data: record.Stream{Group: "p", Flow: 1, Event: record.StreamReset, Waited: time.Second}}},
	}
	out.Write(want.samples[0])
	out.Emit(want.findings[0])
	out.Write(want.samples[1])
	out.Emit(want.findings[1])
	if err := out.end(errors.New("no\nsocket")); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(strings.NewReader(text.String()))
	if priority, err := armed(lines); priority != "fifo" || err != nil {
		t.Errorf("priority %q, error %v", priority, err)
	}
	got := &notes{}
	if err := relay(lines, got); err == nil || err.Error() != "no\nsocket" {
		t.Errorf("error %v", err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestReportIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "its process ended at once",
		"failed \"no socket\"\n":      "no socket",
		"garbage\n":                   `it reported "garbage\n"`,
		"armed fifo\n1,2,3\n":         "read its report: 3 fields, want 7",
		"armed fifo\n{\"kind\":1}\n":  "read its report: json: ",
		"armed fifo\nfailed broken\n": `it reported "failed broken\n"`,
	} {
		lines := bufio.NewReader(strings.NewReader(text))
		_, err := armed(lines)
		if err == nil {
			err = relay(lines, &notes{})
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	// A process that is killed leaves a line half-said: all before it counts.
	killed := bufio.NewReader(strings.NewReader("1,0,5,6,7,a,0\n2,0,5,"))
	got := &notes{}
	if err := relay(killed, got); err != nil || len(got.samples) != 1 {
		t.Errorf("error %v, samples %+v", err, got.samples)
	}
}

// A prober that says nothing, or nothing more, is not waited for without end.
func TestReportThatNeverComes(t *testing.T) {
	report, far, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer report.Close()
	defer far.Close()
	if err := report.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := armed(bufio.NewReader(report)); err == nil || err.Error() != "its process did not get ready in time" {
		t.Errorf("error %v", err)
	}
	if err := relay(bufio.NewReader(report), &notes{}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a report that doesn't end: error %v", err)
	}
}
