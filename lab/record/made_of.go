package record

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// MadeOf refuses run.json of a run that was made in parts, if it says something else
// than theirs. It has no end that vouches for it, as they have.
func (r Run) MadeOf(parts []Run) error {
	want := r.Together(parts)
	if parts[0].Shard != nil {
		for i, p := range parts {
			if s := (Shard{i + 1, parts[0].Shard.Of}); p.Shard == nil || *p.Shard != s {
				return fmt.Errorf("its part %s is not shard %v", r.Parts[i], s)
			}
		}
		if missing := parts[0].Shard.Of - len(parts); missing > 0 {
			return fmt.Errorf("it has %d shards of %d", len(parts), parts[0].Shard.Of)
		}
		want = whole(parts, r.ID, r.Parts)
	}
	r.Calibration, want.Calibration = nil, nil // a report adds it, from the events
	return r.says(want)
}

// whole is run.json of a run that was made in shards.
func whole(shards []Run, id string, parts []string) Run {
	r := shards[0]
	r.ID, r.Parts = id, parts
	r.Shard, r.Sealed, r.Calibration = nil, false, nil
	return r.Together(shards)
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
	for key, value := range wanted {
		if !bytes.Equal(own[key], value) {
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
