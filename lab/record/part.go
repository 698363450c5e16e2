package record

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Shard says which part of a run was made.
type Shard struct {
	Index int `json:"index"` // from 1
	Of    int `json:"of"`
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

func (s Shard) exists() bool { return s.Index >= 1 && s.Index <= s.Of }

// PartDir is the directory of a part of the run directory path: a run directory of
// its own, which nobody writes to once it has its end.
func PartDir(path, name string) string { return filepath.Join(path, "parts", name) }

// differs says in what two shards are not of one run; "" if they are. Their
// machines may differ, and their daemons' versions with them.
func (r Run) differs(o Run) string {
	const digest = "scenario's digest"
	for _, c := range []struct {
		what string
		a, b any
	}{
		{"scenario", r.Scenario, o.Scenario}, {digest, r.ScenarioSHA256, o.ScenarioSHA256}, {"seed", r.Seed, o.Seed},
		{"version of anylab", r.Anylab, o.Anylab}, {"number of shards", r.Shard.Of, o.Shard.Of}, {"cells", cellNames(r), cellNames(o)},
	} {
		if c.a != c.b {
			if own, others := r.flagsBeyond(o), o.flagsBeyond(r); c.what == digest && own != others {
				return fmt.Sprintf("other flags: %s, not %s", cmp.Or(others, "none"), cmp.Or(own, "none"))
			}
			return fmt.Sprintf("another %s: %v, not %v", c.what, c.b, c.a)
		}
	}
	return ""
}

// shardFlag begins the word of a command that says which shard it makes.
const shardFlag = " --shard="

// commandOf is the line that makes a shard of the same run.
func (r Run) commandOf(s Shard, beside string) string {
	out := outOf(beside, r.Folder())
	if !strings.Contains(r.Command, shardFlag) { // the record is of an old anylab
		return fmt.Sprintf("anylab run %s --shard %v --seed %d%s, with the other flags of the others,", r.Scenario, s, r.Seed, out)
	}
	return r.commandAs(shardFlag+s.String()) + out
}

// outOf is the flag that has a shard made where another one is found, whose own folder is
// called so: merge looks there.
func outOf(beside, folder string) string {
	out := filepath.Dir(beside)
	if filepath.Base(out) == folder {
		out = filepath.Dir(out)
	}
	if out == "out" {
		return "" // as by default
	}
	return " --out=" + ShellWord(out)
}

// ShellWord is an argument as a shell takes it.
func ShellWord(arg string) string {
	if arg != "" && !strings.ContainsFunc(arg, func(r rune) bool {
		return !strings.ContainsRune("%+,-./:=@_", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// commandAs is the run's command with another word for its shard.
func (r Run) commandAs(word string) string { return asShard(r.Command, word) }

// asShard puts another word for the shard into a command. It is the last but the seed
// and the like: flags come in their order.
func asShard(command, word string) string {
	at := strings.LastIndex(command, shardFlag)
	if at < 0 {
		return command
	}
	_, after, _ := strings.Cut(command[at+1:], " ")
	return strings.TrimSuffix(command[:at]+word+" "+after, " ")
}

// flagsBeyond lists the flags of the run's command that another one has not, and that say
// what is to be made.
func (r Run) flagsBeyond(o Run) string {
	flags := func(r Run) []string { return strings.Split(r.commandAs(""), " --")[1:] }
	var beyond []string
	for _, flag := range flags(r) {
		if !slices.Contains(flags(o), flag) {
			beyond = append(beyond, "--"+flag)
		}
	}
	return strings.Join(beyond, " ")
}

func cellNames(r Run) string {
	var names []string
	for _, c := range r.Cells {
		names = append(names, CellName(c.Values))
	}
	return strings.Join(names, "; ")
}

// Together completes run.json of a run that was made in parts by theirs: with the
// trials that were planned in all of them, and what became of them. Its end is not
// known while one has none.
func (r Run) Together(parts []Run) Run {
	r.Started = slices.MinFunc(parts, func(a, b Run) int { return a.Started.Compare(b.Started) }).Started
	r.Ended = slices.MaxFunc(parts, func(a, b Run) int { return a.Ended.Compare(b.Ended) }).Ended
	r.Outcome, r.Cells, r.LeftOut, r.Fallbacks, r.Warnings, r.CutLogs = completed, nil, nil, nil, nil, nil
	for _, p := range parts {
		if p.Ended.IsZero() {
			r.Ended = p.Ended
		}
		if p.Outcome != completed && r.Outcome == completed {
			r.Outcome = p.Outcome
		}
		if p.Host != r.Host {
			r.Host = ""
		}
		r.Fallbacks, r.Warnings = union(r.Fallbacks, p.Fallbacks), union(r.Warnings, p.Warnings)
		r.addCells(p)
		r.addFailures(p)
	}
	return r
}

// completed is the outcome of a run that made all of its trials.
const completed = "completed"

func union(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// addCells adds the trials of a part to the cells'.
func (r *Run) addCells(p Run) {
	for _, c := range p.Cells {
		name := CellName(c.Values)
		if at := slices.IndexFunc(r.Cells, func(known Cell) bool { return CellName(known.Values) == name }); at >= 0 {
			r.Cells[at].Trials += c.Trials
			continue
		}
		r.Cells = append(r.Cells, c)
	}
	for _, l := range p.LeftOut {
		name := CellName(l.Values)
		if !slices.ContainsFunc(r.LeftOut, func(known LeftOut) bool { return CellName(known.Values) == name }) {
			r.LeftOut = append(r.LeftOut, l)
		}
	}
}

// addFailures notes what a part has found out of the failures that it was dealt.
func (r *Run) addFailures(p Run) {
	if r.Validation == nil || p.Validation == nil {
		return
	}
	whole := *r.Validation
	whole.Failures = slices.Clone(whole.Failures)
	for _, f := range p.Validation.Failures {
		if at := slices.IndexFunc(whole.Failures, func(known Failure) bool { return known.Label == f.Label }); at >= 0 {
			whole.Failures[at] = f
		}
	}
	r.Validation = &whole
}
