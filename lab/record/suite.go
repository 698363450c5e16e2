package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Suite is suite.json: runs that were made in turn and are judged together.
// It is written before the first and after each of them.
type Suite struct {
	Name      string        `json:"name"`
	Summary   string        `json:"summary"`
	Notes     []string      `json:"notes"`
	Started   time.Time     `json:"started"`
	Ended     time.Time     `json:"ended,omitzero"`
	Outcome   string        `json:"outcome,omitempty"` // completed, interrupted, or why it ended early
	KeepGoing bool          `json:"keep_going"`        // a member that this machine can't run does not count
	Members   []SuiteMember `json:"members"`
	Simulated bool          `json:"simulated,omitempty"` // carried out in virtual time

	Shard   *Shard `json:"shard,omitempty"`   // of a suite of which this is a part; nil: it is one of its own
	Command string `json:"command,omitempty"` // of a shard: that makes the same again
}

// SuiteMember is one run of a suite.
type SuiteMember struct {
	Scenario string `json:"scenario"`
	Dir      string `json:"dir"`            // its run directory, below the suite's
	Err      string `json:"err,omitempty"`  // why it could not be carried out
	Idle     bool   `json:"idle,omitempty"` // of a shard: it has no trial of this one
}

// Named is the suite's name, which says so if its runs were simulated.
func (s Suite) Named() string {
	if s.Simulated {
		return s.Name + " (simulated)"
	}
	return s.Name
}

// Folder is the name of the directory that the suite's runs are in.
func (s Suite) Folder() string {
	if s.Simulated {
		return s.Name + SimulatedDir
	}
	return s.Name
}

const suiteFile = "suite.json"

// IsSuite says whether the directory holds a suite's runs.
func IsSuite(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, suiteFile))
	return err == nil
}

// WriteSuite replaces suite.json of the directory, which it makes.
func WriteSuite(dir string, s Suite) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", suiteFile, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create the suite's directory: %w", err)
	}
	return ReplaceFile(filepath.Join(dir, suiteFile), append(data, '\n'))
}

// ReadSuite reads suite.json of the directory.
func ReadSuite(dir string) (Suite, error) {
	var s Suite
	file := filepath.Join(dir, suiteFile)
	data, err := ReadFile(file)
	if err != nil {
		return s, fmt.Errorf("%s is not the directory of a suite: %w", dir, err)
	}
	if err := Decode(file, data, &s); err != nil {
		return s, err
	}
	for _, m := range s.Members {
		if m.Dir != "" && !filepath.IsLocal(m.Dir) {
			return s, fmt.Errorf("%s is damaged: the directory of %s, %q, is not below the suite's", file, m.Scenario, m.Dir)
		}
	}
	return s, nil
}
