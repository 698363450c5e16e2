package reports

import (
	"fmt"
	"math"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// Calibration is what the probes made of silences of known length. What could
// not be trusted counts in Doubtful, and nowhere else.
type Calibration struct {
	TrueMS     []float64 `json:"outage_true_ms"`
	MeasuredMS []float64 `json:"outage_measured_ms"`
	ErrorMS    struct {
		Median Number `json:"median"`
		Max    Number `json:"max"`
		Bound  Number `json:"bound"` // the largest error that the measurements' own bounds allow
	} `json:"error_ms"` // absolute
	Doubtful int       `json:"inconclusive"` // silences with a finding that makes a trial inconclusive
	Outside  int       `json:"outside"`      // conclusive ones whose truth is outside of the measured bounds
	Silences []Silence `json:"silences"`     // in order of time, those of length 0 included: nothing was cut
}

// Silence is one known silence.
type Silence struct {
	Cell     map[string]string `json:"cell,omitempty"` // whose lab it was made in
	Part     string            `json:"part,omitempty"` // of a run that was made in parts
	Client   string            `json:"client"`
	AskedMS  Number            `json:"asked_ms"`
	True     Interval          `json:"true_ms"` // from the brackets of the switching
	Measured Interval          `json:"measured_ms"`
	ErrorMS  Number            `json:"error_ms"` // measured minus true
	Within   bool              `json:"within"`   // the bounds of both overlap
	Status   Status            `json:"status"`
	Findings []Finding         `json:"findings"`
}

// calibrate adds what the run's silences show of the measurement itself.
func (res *Result) calibrate(run record.Run, silences []timeline.Failover) {
	if len(silences) == 0 {
		res.Calibration = fromRun(run.Calibration)
		return
	}
	c := &Calibration{Silences: []Silence{}}
	for _, f := range silences {
		c.Silences = append(c.Silences, newSilence(f))
	}
	c.sum()
	res.Calibration = c
	if detail := c.wrong(); detail != "" {
		res.Findings = append(res.Findings, Finding{"calibration-error", Doubt, detail})
		res.Verdict = Inconclusive
	}
	if 2*c.Doubtful > len(c.Silences) {
		severity := Note
		if c.Doubtful == len(c.Silences) {
			severity, res.Verdict = Doubt, Inconclusive // nothing shows what the measurement is worth
		}
		res.Findings = append(res.Findings, Finding{"calibration-inconclusive", severity,
			fmt.Sprintf("%d of %d known silences could not be measured: %s", c.Doubtful, len(c.Silences), c.doubt())})
	}
}

// calibration is what the silences of all parts come to; each part was doubted by
// its own.
func (r *Report) calibration() *Calibration {
	if len(r.sources) == 1 {
		return r.sources[0].own.Calibration
	}
	all := &Calibration{Silences: []Silence{}}
	for _, p := range r.sources {
		if c := p.own.Calibration; c != nil {
			all.Silences = append(all.Silences, c.Silences...)
		}
	}
	if len(all.Silences) == 0 {
		return nil
	}
	all.sum()
	return all
}

// newSilence judges a silence like a trial: what makes a trial inconclusive
// makes a silence so.
func newSilence(f timeline.Failover) Silence {
	low, high := f.Silence.Bounds()
	truth := timeline.Interval{Value: likeliest(*f.Silence), Low: low, High: high}
	got := f.Broken.Outage
	s := Silence{
		Cell: f.Cell, Part: f.Part, Client: f.On[0], AskedMS: Number(millis(f.Silence.Asked)), True: newInterval(truth), Measured: newInterval(got),
		ErrorMS: Number(millis(got.Value - truth.Value)), Findings: examine(evidence{Failover: f}),
	}
	s.Within = !got.Open && got.Low <= truth.High && truth.Low <= got.High
	s.Status = status(&f, s.Findings)
	if got.Open && s.Status == NotRestored {
		s.Status = OK // the way was whole again, whatever the probes say
	}
	return s
}

// likeliest is the silence's length if each switching took effect in the middle
// of its bracket.
func likeliest(s record.Silence) time.Duration {
	low, high := s.Bounds()
	return (low + high) / 2
}

// sum adds up the conclusive silences. Those of length 0 have no error worth
// averaging: they are either outside of the bounds or not.
func (c *Calibration) sum() {
	var errs []float64
	bound := 0.0
	c.TrueMS, c.MeasuredMS = []float64{}, []float64{}
	for _, s := range c.Silences {
		if s.Status == Doubtful {
			c.Doubtful++
			continue
		}
		if !s.Within {
			c.Outside++
		}
		if !s.counts() {
			continue
		}
		c.TrueMS, c.MeasuredMS = append(c.TrueMS, float64(s.True.Value)), append(c.MeasuredMS, float64(s.Measured.Value))
		errs = append(errs, math.Abs(float64(s.ErrorMS)))
		bound = max(bound, s.bound())
	}
	sum := stats.Summarise(errs, 0)
	c.ErrorMS.Median, c.ErrorMS.Max, c.ErrorMS.Bound = Number(sum.Median), Number(sum.Max), Number(bound)
}

// counts says whether the silence's error is one of those that are summed up.
func (s Silence) counts() bool { return s.Status != Doubtful && s.AskedMS != 0 }

// bound is the error that the silence's own bounds allow, in milliseconds.
func (s Silence) bound() float64 {
	if s.Measured.High == nil {
		return math.Inf(1)
	}
	reach := max(s.Measured.Value-s.Measured.Low, *s.Measured.High-s.Measured.Value)
	return float64(reach + (*s.True.High-s.True.Low)/2)
}

// wrong describes the conclusive silences that were measured wrongly.
func (c *Calibration) wrong() string {
	for _, s := range c.Silences {
		if s.Status != Doubtful && !s.Within {
			return fmt.Sprintf("%d of %d known silences were measured wrongly, the first: %s, in truth %s",
				c.Outside, len(c.Silences)-c.Doubtful, outageText(s.Measured), outageText(s.True))
		}
	}
	return ""
}

// doubt names why the first doubtful silence is one.
func (c *Calibration) doubt() string {
	for _, s := range c.Silences {
		for _, f := range s.Findings {
			if f.Severity == Doubt {
				return f.Name + ": " + f.Detail
			}
		}
	}
	return ""
}

// calibrationText is the line that every report carries; empty without one.
func (r *Report) calibrationText() string {
	c := r.Result.Calibration
	switch {
	case c == nil && len(r.Groups) > 0 && !slices.ContainsFunc(r.Groups, record.ProbeGroup.Unrepeated):
		return "none: TCP repeats what these probes lose, so a short silence shows nothing"
	case c == nil:
		return ""
	}
	if len(c.TrueMS) == 0 {
		return fmt.Sprintf("none of %d known silences could be measured", len(c.Silences))
	}
	text := fmt.Sprintf("%s of %s measured with an error of %s (median), %s (max%s)",
		words.Count(len(c.TrueMS), "known silence"), lengths(c.TrueMS), words.Milliseconds(float64(c.ErrorMS.Median)), words.Milliseconds(float64(c.ErrorMS.Max)), c.worst())
	if len(c.Silences) == 0 {
		return text
	}
	text += fmt.Sprintf("; their bounds allow %s", maybe(&c.ErrorMS.Bound, "any"))
	if c.Outside > 0 {
		text += fmt.Sprintf("; %d OUTSIDE of their bounds", c.Outside)
	}
	if c.Doubtful > 0 {
		text += fmt.Sprintf("; %d more inconclusive", c.Doubtful)
	}
	return text
}

// worst names the cell with the largest error; empty without a matrix.
func (c *Calibration) worst() string {
	for _, s := range c.Silences {
		if s.counts() && math.Abs(float64(s.ErrorMS)) == float64(c.ErrorMS.Max) && len(s.Cell) > 0 {
			return ", in " + record.CellName(s.Cell)
		}
	}
	return ""
}

func lengths(trueMS []float64) string {
	low, high := trueMS[0], trueMS[0]
	for _, v := range trueMS {
		low, high = min(low, v), max(high, v)
	}
	return words.Span(low, high)
}

// fromRun reads a calibration that has no silences in the record any more.
func fromRun(c *record.Calibration) *Calibration {
	if c == nil || len(c.TrueMS) == 0 {
		return nil
	}
	out := &Calibration{TrueMS: c.TrueMS, MeasuredMS: c.MeasuredMS, Silences: []Silence{}}
	var errs []float64
	for i := range min(len(c.TrueMS), len(c.MeasuredMS)) {
		errs = append(errs, math.Abs(c.MeasuredMS[i]-c.TrueMS[i]))
	}
	s := stats.Summarise(errs, 0)
	out.ErrorMS.Median, out.ErrorMS.Max = Number(s.Median), Number(s.Max)
	if c.ErrorMS != nil {
		out.ErrorMS.Bound = Number(c.ErrorMS.Bound)
	}
	return out
}

// record returns what run.json keeps.
func (c *Calibration) record() *record.Calibration {
	e := record.CalibrationError{Median: float64(c.ErrorMS.Median), Max: float64(c.ErrorMS.Max), Bound: float64(c.ErrorMS.Bound)}
	if len(c.TrueMS) == 0 || !stats.Finite(e.Median) || !stats.Finite(e.Bound) {
		return &record.Calibration{TrueMS: c.TrueMS, MeasuredMS: c.MeasuredMS}
	}
	return &record.Calibration{TrueMS: c.TrueMS, MeasuredMS: c.MeasuredMS, ErrorMS: &e}
}

// keepCalibration completes run.json with what the silences showed. Facts that a
// record of an old anylab was completed with are not written into it: a later
// one may know better.
func (r *Report) keepCalibration(dir string) error {
	if dir != r.sources[0].dir || len(r.Silences) == 0 {
		return nil
	}
	known := r.Result.Calibration.record()
	if r.Run.Calibration != nil {
		known.MostRate = r.Run.Calibration.MostRate
	}
	r.Run.Calibration = known
	return record.KeepCalibration(dir, known)
}
