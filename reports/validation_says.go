package reports

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// says answers in one sentence, for somebody who signs.
func (v Validation) says() string {
	proven, refuted, open := v.with(stats.Proven), v.with(stats.Refuted), v.with(stats.Undecided)
	all := len(proven) + len(refuted) + len(open)
	ways := words.Count(all, "way") + " of failing"
	switch {
	case all == 0:
		return "Not known: nothing was tried."
	case all == 1 && len(refuted) == 1:
		return fmt.Sprintf("No: when %s, that %s%s.", refuted[0].Failure, demand(refuted, true), blamed(refuted))
	case all == 1 && len(open) == 1:
		return fmt.Sprintf("Not known yet: it is undecided when %s.", open[0].Failure)
	case len(refuted) > 0:
		text := fmt.Sprintf("No: %d of %s %s%s.", len(refuted), ways, demand(refuted, true), blamed(refuted))
		if len(open) > 0 {
			text += fmt.Sprintf(" %d more %s undecided.", len(open), are(len(open)))
		}
		return text
	case len(open) > 0:
		text := fmt.Sprintf("Not known yet: %d of %s %s undecided", len(open), ways, are(len(open)))
		if len(proven) > 0 {
			text += fmt.Sprintf(", %d %s proven", len(proven), are(len(proven)))
		}
		return text + "."
	case all == 1:
		ways = proven[0].Failure
	}
	return fmt.Sprintf("Yes: %s, at least %s of all cases %s (%s confidence%s).",
		map[bool]string{true: "when " + ways, false: "in each of " + ways}[all == 1], percent(v.Share), demand(proven, false), percent(v.Confidence),
		map[bool]string{true: "", false: " for each"}[all == 1])
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// percent writes a share that somebody has chosen.
func percent(share float64) string { return fmt.Sprintf("%.6g %%", 100*share) }

// demand says what the failures do, or don't do, to their requirement.
func demand(list []Validated, broken bool) string {
	var texts []string
	limit := ""
	for _, f := range list {
		for _, e := range f.of.Require {
			if text := e.Text; !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
			if e.Metric == "interruption" && strings.HasPrefix(e.Op, "<") {
				limit = written(e)
			}
		}
	}
	plural := map[bool]string{true: "s", false: ""}[len(list) == 1]
	switch {
	case len(texts) == 1 && limit != "" && broken:
		return fmt.Sprintf("cut%s users off for longer than %s", plural, limit)
	case len(texts) == 1 && limit != "":
		return "cut users off for less than " + limit
	case broken && len(list) == 1:
		return "does not meet its requirement (" + strings.Join(texts, ", ") + ")"
	case broken:
		return "don't meet their requirements (" + strings.Join(texts, ", ") + ")"
	}
	return "meet their requirements (" + strings.Join(texts, ", ") + ")"
}

// written is the expectation's value as it was written, "1 s".
func written(e record.Expectation) string {
	_, value, _ := strings.Cut(e.Text, e.Op)
	value = strings.TrimSpace(value)
	unit := strings.TrimLeft(value, "0123456789.")
	return strings.TrimSuffix(value, unit) + " " + unit
}

// blamed says how many failures each thing decides.
func blamed(list []Validated) string {
	var names []string
	counts := map[string]int{}
	for _, f := range list {
		if counts[f.blame]++; counts[f.blame] == 1 {
			names = append(names, f.blame)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	var parts []string
	for i, name := range names {
		n := fmt.Sprint(counts[name])
		if len(names) == 1 {
			n = map[bool]string{true: "it", false: "all of them"}[len(list) == 1]
		}
		verb := " decides "
		if i > 0 {
			verb = " "
		}
		parts = append(parts, name+verb+n)
	}
	return ": " + strings.Join(parts, ", ")
}

// state says in few words how a client's answer came about. doubts are what stands
// behind the first trial that can't tell.
func (a Answered) state(s stats.Standard, doubts string) string {
	by := words.Of(a.Met, a.Trials, "trial")
	switch {
	case a.Trials == 0:
		return "no trial was made"
	case a.Answer == stats.Proven:
		return "met in " + by
	case a.Answer == stats.Refuted:
		return "violated in " + words.Of(a.Violated, a.Trials, "trial")
	}
	var bounds []string
	if a.Met > 0 {
		bounds = append(bounds, fmt.Sprintf("at least %.0f %%", 100*float64(a.Least)))
	}
	if a.Violated > 0 {
		bounds = append(bounds, fmt.Sprintf("at most %.0f %%", 100*float64(a.Most)))
	}
	text := "met in " + by
	if len(bounds) > 0 {
		text += ": " + strings.Join(bounds, ", ") + " of all cases"
	}
	if unclear := a.Trials - a.Met - a.Violated; unclear > 0 {
		text += fmt.Sprintf(" (%d can't tell%s)", unclear, because(doubts))
	}
	switch {
	case a.OneSided:
		return text + "; all faults struck one phase of a timer, so that others may have been missed"
	case a.More > 0:
		return text + fmt.Sprintf("; %d more prove it if all meet it", a.More) + a.refutable(", ")
	}
	return text + "; " + a.hopeless(s) + a.refutable("; ")
}

// refutable says how many trials would refute it, if any can.
func (a Answered) refutable(separator string) string {
	if a.ToRefute == 0 {
		return ""
	}
	return separator + fmt.Sprintf("%d more refute it if all violate it", a.ToRefute)
}

func because(doubts string) string {
	if doubts == "" {
		return ""
	}
	return "; the first because of " + doubts
}

// mostAllowed is how many violations may be asked for.
const mostAllowed = 10

// hopeless says what it would take where no trials prove it any more.
func (a Answered) hopeless(s stats.Standard) string {
	text := "that can't be proven any more"
	switch against := a.Trials - a.Met; {
	case a.Violated == 0:
		return text + ": it would take trials that can be trusted"
	case against <= mostAllowed && float64(against) <= (1-s.Share)*float64(a.Trials):
		return text + fmt.Sprintf(": with --allow %d it takes up to %d trials", against, s.Takes(against))
	}
	return text
}

// limit returns how long the requirement lets users be cut off, in milliseconds.
func limit(require []record.Expectation) (ms float64, ok bool) {
	for _, e := range require {
		if e.Unit == record.Milliseconds && strings.HasPrefix(e.Op, "<") && (!ok || e.Value < ms) {
			ms, ok = e.Value, true
		}
	}
	return ms, ok
}
