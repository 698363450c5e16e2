package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What no run can have left is damage, whether the end that vouches for it is there
// or not.
func TestWhatCanNotBeIsDamage(t *testing.T) {
	const group, columns, sample = `# {"rate":1,"flows":1}`, "\nseq,flow,due,sent,received,node,held\n", "0,0,1,2,3,a,0\n"
	event := func(kind, data string) string { return `{"at":9,"kind":"` + kind + `","data":` + data + "}\n" }
	for _, c := range []struct{ file, text, want string }{
		{"events.jsonl", event("exit", `{}`), "the exit event says nothing"},
		{"events.jsonl", event("exit", `null`), "the exit event says nothing"},
		{"events.jsonl", `{"at":9,"kind":"exit"}` + "\n", "the exit event says nothing"},
		{"events.jsonl", strings.Replace(event("exit", `{"pid":1}`), "9", "9223372036854775807", 1), "its time is later than any run"},
		{"events.jsonl", event("trial", `{"index":0,"phase":"wat"}`), `"wat" is no phase of a trial`},
		{"events.jsonl", event("fault", `{"id":0,"phase":"wat"}`), `"wat" is no phase of a fault`},
		{"events.jsonl", event("bgp", `{"type":"wat"}`), `"wat" is no message of BGP`},
		{"events.jsonl", event("silence", `{"since":2,"cut":1,"dark":3,"lift":4,"clear":5}`), "the moments of the silence are not in order"},
		{"events.jsonl", event("silence", `{"since":1,"cut":2,"dark":3,"lift":4,"clear":10}`), "the moments of the silence are not in order"},
		{"probes/g.csv", `# {"rate":0,"flows":1}` + columns, "a probe has a rate"},
		{"probes/g.csv", `# {"rate":-5,"flows":1}` + columns, "a probe has a rate"},
		{"probes/g.csv", `# {"rate":1e308,"flows":1}` + columns, "a probe has a rate"},
		{"probes/g.csv", `# {"rate":1,"flows":0}` + columns, "a probe has flows"},
		{"probes/g.csv", `# {"rate":1,"flows":-1}` + columns, "a probe has flows"},
		{"probes/g.csv", `# {"rate":1,"flows":1,"timeout_ns":-1}` + columns, "a probe can't wait for -1 ns"},
		{"probes/g.csv", group + "\n" + sample, "line 2 should name the columns"},
		{"probes/g.csv", group + strings.Replace(columns, "due,sent", "sent,due", 1) + sample, "line 2 should name the columns"},
		{"probes/g.csv", group + columns + "0,1,1,2,3,a,0\n", "line 3: request 0 is of flow 0, not 1"},
		{"probes/g.csv", group + columns + "0,0,1,2,,a,0\n", "line 3: it was lost, and a answered it"},
		{"probes/g.csv", group + columns + "0,0,1,2,3,a b,0\n", `line 3: field 6, "a b", is no name as it is recorded`},
		{"probes/g.csv", group + columns + "0,0,1,2,3,\x1b[31m,0\n", `line 3: field 6, "\x1b[31m", is no name as it is recorded`},
		{"probes/g.csv", strings.Replace(group, "}", `,"timeout_ns":9}`, 1) + columns + "0,0,1,2,12,a,0\n", "line 3: it was answered after 10ns"},
		{"probes/g.csv", group + columns + "0,0,-1,2,3,a,0\n", "line 3: one of its times is negative"},
		{"probes/g.csv", group + columns + "0,0,1,2,-3,a,0\n", "line 3: one of its times is negative"},
		{"probes/g.csv", group + columns + "0,0,1,2,3,a,-1\n", "line 3: one of its times is negative"},
		{"probes/g.csv", group + columns + "0,0,1,2,9223372036854775807,a,0\n", "line 3: one of its times is later than any run"},
	} {
		if got := damageOf(t, c.file, c.text); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q: %q, want %q", c.file, c.text, got, c.want)
		}
	}
	for file, text := range map[string]string{"events.jsonl": event("exit", `{"pid":1}`), "probes/g.csv": group + columns + sample} {
		if got := damageOf(t, file, text); got != "" {
			t.Errorf("%s: %q is damaged: %q", file, text, got)
		}
	}
}

// damageOf reads a run directory of one file.
func damageOf(t *testing.T, file, text string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, err := range Events(dir) {
		if err != nil && !os.IsNotExist(err) {
			said = append(said, err.Error())
		}
	}
	for _, err := range Samples(dir, "g") {
		if err != nil && !os.IsNotExist(err) {
			said = append(said, err.Error())
		}
	}
	return strings.Join(said, "\n")
}

// An end vouches for what stands before it without its own line's end too, and for
// when the last event was.
func TestAnEndWithoutItsLineEndStillCounts(t *testing.T) {
	for _, c := range []struct{ name, file, from, to, want string }{
		{"nothing", "events.jsonl", "", "", ""},
		{"an event", "events.jsonl", `"offset_ns":2`, `"offset_ns":9`, "changed since"},
		{"the end's time", "events.jsonl", `{"at":3,"kind":"end"`, `{"at":2,"kind":"end"`, "later than its end"},
		{"a sample", "probes/g.csv", ",2000,a", ",,", "changed since"},
	} {
		d := create(t)
		w, err := d.Samples(ProbeGroup{Name: "g", Rate: 1, Flows: 1})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(Sample{Due: 1000, Sent: 1000, Received: 2000, Node: "a"})
		for i := range int64(4) {
			d.Emit(Event{At: Time(i), Kind: KindClock, Data: Clock{OffsetNS: i}})
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(d.Path(), c.file))
		if err != nil {
			t.Fatal(err)
		}
		spoiled := strings.TrimSuffix(strings.Replace(string(text), c.from, c.to, 1), "\n")
		if got := damageOf(t, c.file, spoiled); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
