package reports

import (
	"anylab/reports/stats"
	"anylab/reports/words"
)

// validationSuite has a test case for each failure. One that is undecided is an
// error: nobody is told that it does not hold.
func (r *Report) validationSuite() junitSuite {
	s := junitSuite{Name: r.Result.Run.Scenario, Time: r.Result.Run.Started.UTC().Format("2006-01-02T15:04:05")}
	for _, f := range r.Result.Validation.Failures {
		c := junitCase{Class: s.Name, Name: f.Failure, Out: f.states()}
		switch f.Answer {
		case stats.Refuted:
			c.Failure = &junitMessage{"refuted: " + f.states() + "; " + f.Decides}
			s.Failures++
		case stats.Undecided:
			c.Error = &junitMessage{"undecided: " + f.states()}
			s.Errors++
		case "":
			c.Skipped = &junitMessage{f.untried()}
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

// annotations has an error for each failure that is refuted, and one warning where
// some are undecided.
func (v Validation) annotations(title string) []Annotation {
	var list []Annotation
	for _, f := range v.with(stats.Refuted) {
		list = append(list, Annotation{Level: "error", Title: title, Message: f.Failure + ": " + f.states() + "; " + f.Decides})
	}
	if open := v.with(stats.Undecided); len(open) > 0 {
		list = append(list, Annotation{Level: "warning", Title: title, Message: words.Of(len(open), len(v.Failures), "failure") + " undecided; first " + open[0].Failure + ": " + open[0].states()})
	}
	return list
}

// states joins those of the clients.
func (f Validated) states() string {
	text := ""
	for _, a := range f.Clients {
		if text != "" {
			text += "; "
		}
		text += a.Client + ": " + a.Says
	}
	return text
}

// untried says why it is not tried.
func (f Validated) untried() string {
	if f.Like != "" {
		return "like: " + f.Like
	}
	return "does not apply: " + f.Not
}
