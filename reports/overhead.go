package reports

import (
	"fmt"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// Time is how long a trial took, and how much of that the experiment itself
// needs: the wait until everything was up again, the fault's random moment, the
// fault, the way back and the sustain time. The rest is overhead.
type Time struct {
	WallMS     Number `json:"wall_ms"`
	NeededMS   Number `json:"needed_ms"`
	OverheadMS Number `json:"overhead_ms"`
	Overhead   Number `json:"overhead"` // as a share of what is needed
}

// RunTime is how long a run took. What is not in its trials is the building of
// labs, the calibration, and the taking down.
type RunTime struct {
	WallMS Number `json:"wall_ms"`
	Trials Time   `json:"trials"` // all of them
}

func newTime(wall, needed time.Duration) Time {
	return Time{WallMS: Number(millis(wall)), NeededMS: Number(millis(needed)), OverheadMS: Number(millis(wall - needed)),
		Overhead: Number(float64(wall-needed) / float64(max(needed, 1)))}
}

func trialTime(s *record.Spent) *Time {
	if s == nil {
		return nil
	}
	t := newTime(s.Wall, s.Needed())
	return &t
}

// runTime adds up the trials of a run that came to its end.
func runTime(run record.Run, failovers []timeline.Failover) *RunTime {
	var wall, needed time.Duration
	for _, f := range failovers {
		if f.Spent != nil {
			wall, needed = wall+f.Spent.Wall, needed+f.Spent.Needed()
		}
	}
	if wall == 0 || run.Ended.IsZero() {
		return nil
	}
	return &RunTime{WallMS: Number(millis(run.Ended.Sub(run.Started))), Trials: newTime(wall, needed)}
}

// timeText is the line that reports carry; empty if the time is not known.
func (r *Report) timeText() string {
	t := r.Result.Run.Time
	if t == nil {
		return ""
	}
	return fmt.Sprintf("%.1f s, of which %.1f s were trials: %.1f s that the experiment needs, and %.0f %% overhead",
		float64(t.WallMS)/1000, float64(t.Trials.WallMS)/1000, float64(t.Trials.NeededMS)/1000, 100*float64(t.Trials.Overhead))
}
