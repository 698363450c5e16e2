package reports

import (
	"regexp"
	"slices"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"

	"github.com/invopop/jsonschema"
)

// RFC7747 is the report of one cell in the form of RFC 7747 section 6. Times
// are seconds, as there.
type RFC7747 struct {
	Cell       map[string]string `json:"cell"`
	Case       string            `json:"test_case"`
	Parameters []Parameter       `json:"parameters"`
	Details    []string          `json:"test_details"`
	Event      []Benchmark       `json:"event"`
	Reversion  []Benchmark       `json:"reversion"` // empty if no fault was healed
}

// Parameter is one line of the RFC's table of parameters.
type Parameter struct {
	Name  string `json:"parameter"`
	Value string `json:"value"`
	Unit  string `json:"unit,omitempty"`
}

// Benchmark is one line of the RFC's table of results, over the conclusive
// trials. Accuracy is the interval in which the truth lies (RFC 6413 section
// 6), around the median.
type Benchmark struct {
	Name     string       `json:"benchmark"`
	Unit     string       `json:"unit"`
	N        int          `json:"n"` // trials in which it could be taken
	Median   Quantity     `json:"median"`
	Min      Quantity     `json:"min"`
	Max      Quantity     `json:"max"`
	Accuracy *[2]Quantity `json:"accuracy,omitempty"`
}

// Quantity is a count or a time in seconds; null in JSON where it is infinite.
// It keeps six decimals: microseconds.
type Quantity float64

// MarshalJSON writes the number.
func (q Quantity) MarshalJSON() ([]byte, error) {
	if !stats.Finite(float64(q)) {
		return []byte("null"), nil
	}
	return []byte(inSeconds(q)), nil
}

// UnmarshalJSON reads null as +Inf.
func (q *Quantity) UnmarshalJSON(text []byte) error { return (*Number)(q).UnmarshalJSON(text) }

// JSONSchema describes a number that may be null.
func (Quantity) JSONSchema() *jsonschema.Schema { return Number(0).JSONSchema() }

var caseNumber = regexp.MustCompile(`^rfc7747-([0-9.]*[0-9])`)

// rfc7747 returns the section for every cell, nil unless the scenario asks for
// it. failovers and trials are in the same order.
func (res *Result) rfc7747(in conditions, failovers []timeline.Failover) []RFC7747 {
	if in.run.Experiment.Standard != record.RFC7747 {
		return nil
	}
	var list []RFC7747
	for _, c := range divide(in.run, failovers).list {
		good := res.conclusive(c, failovers)
		s := RFC7747{Cell: c.Values, Parameters: in.parameters(c.x), Details: in.details(c.x),
			Event: benchmarks(good, afterFault, in), Reversion: benchmarks(healed(good), afterHealing, in)}
		if m := caseNumber.FindStringSubmatch(in.run.Scenario); m != nil {
			s.Case = m[1]
		}
		if s.Cell == nil {
			s.Cell = map[string]string{}
		}
		list = append(list, s)
	}
	return list
}

func healed(good []timeline.Failover) []timeline.Failover {
	return slices.DeleteFunc(slices.Clone(good), func(f timeline.Failover) bool { return f.Mended.Zero == 0 })
}

// reading is what one trial says of a benchmark; low and high are its accuracy
// interval, if it has one.
type reading struct {
	value, low, high float64
	exact            bool // a count
}

// benchmark reads one number from an episode; ok is false where there is none.
type benchmark struct {
	name, unit string
	read       func(e timeline.Episode, in conditions) (r reading, ok bool)
}

// benchmarks sums the trials up in the RFC's order.
func benchmarks(good []timeline.Failover, of func(timeline.Failover) timeline.Episode, in conditions) []Benchmark {
	list := []Benchmark{}
	if len(good) == 0 {
		return list
	}
	for _, b := range rfc7747Benchmarks {
		var values, low, high []float64
		interval := false
		for _, f := range good {
			if r, ok := b.read(of(f), in); ok {
				values, low, high = append(values, r.value), append(low, r.low), append(high, r.high)
				interval = interval || !r.exact
			}
		}
		if len(values) == 0 {
			continue
		}
		s := stats.Summarise(values, 0)
		row := Benchmark{Name: b.name, Unit: b.unit, N: s.N, Median: Quantity(s.Median), Min: Quantity(s.Min), Max: Quantity(s.Max)}
		if interval {
			row.Accuracy = &[2]Quantity{Quantity(stats.Summarise(low, 0).Median), Quantity(stats.Summarise(high, 0).Median)}
		}
		list = append(list, row)
	}
	return list
}
