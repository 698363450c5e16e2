package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// MadeOf refuses run.json of a run that was made in parts, if it says something else
// than theirs. It has no end that vouches for it, as they have.
func (r Run) MadeOf(parts []Run) error {
	want := whole(parts, r.ID, r.Parts)
	switch {
	case parts[0].Shard != nil:
		if err := r.shards(parts); err != nil {
			return err
		}
	case parts[0].Validation != nil && r.Validation != nil:
		if own, theirs := failures(r), failures(parts...); !slices.Equal(own, theirs) {
			return fmt.Errorf("its failures are %q, those of its parts %q", own, theirs)
		}
		terms := *parts[0].Validation
		terms.Failures = r.Validation.Failures
		want.Validation = &terms
		want = want.Together(parts)
	}
	if r.Outcome == "" { // it goes on, or was killed: it was not completed yet
		r = r.Together(parts)
	}
	if r.Command == parts[0].Command { // an old anylab left the shard in it
		want.Command = r.Command
	}
	r.Calibration, want.Calibration = nil, nil // a report adds it, from the events
	return r.says(want)
}

// shards refuses parts that are not all shards of a run, in their order.
func (r Run) shards(parts []Run) error {
	of := parts[0].Shard.Of
	for i, p := range parts {
		if s := (Shard{i + 1, of}); p.Shard == nil || *p.Shard != s {
			return fmt.Errorf("its part %s is not shard %v", r.Parts[i], s)
		}
	}
	if len(parts) != of {
		return fmt.Errorf("it has %d shards of %d", len(parts), of)
	}
	return nil
}

// failures lists what the runs were dealt to prove, in the order of the labels.
func failures(runs ...Run) (labels []string) {
	for _, r := range runs {
		if r.Validation != nil {
			for _, f := range r.Validation.Failures {
				labels = append(labels, f.Label)
			}
		}
	}
	slices.Sort(labels)
	return labels
}

// whole is run.json of a run that was made in parts.
func whole(made []Run, id string, parts []string) Run {
	r := made[0]
	r.ID, r.Parts = id, parts
	r.Command = r.commandAs("")
	r.Shard, r.Sealed, r.Calibration = nil, false, nil
	return r.Together(made)
}

// says names the first field of which two files say different things.
func (r Run) says(want Run) error {
	own, err := fieldsOf(r)
	if err != nil {
		return err
	}
	wanted, err := fieldsOf(want)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		if !bytes.Equal(own[key], wanted[key]) {
			return fmt.Errorf("its %s is not what its parts say", key)
		}
	}
	for key := range own {
		if _, ok := wanted[key]; !ok {
			return fmt.Errorf("its parts say nothing of %s", key)
		}
	}
	return nil
}

func fieldsOf(r Run) (fields map[string]json.RawMessage, err error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return fields, json.Unmarshal(text, &fields)
}
