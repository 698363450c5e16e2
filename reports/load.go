package reports

import (
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// This file asks whether the machine had processors for the lab.

const (
	// busyShare is from what share on others' use of the processors, or the
	// pressure on them, is worth a note: it delays nothing by itself.
	busyShare = 0.5
	// loadedShare is the same where something took longer than it should.
	loadedShare = 0.25
)

// period is the decisive time of an episode: from the change until the last
// thing happened that the trial reports of it.
type period struct {
	f    *timeline.Failover
	e    timeline.Episode
	told record.Time // when somebody first knew; until then all waited for a timer
}

func decisive(f *timeline.Failover, x record.Experiment) period {
	p := period{f, f.Broken, told(f.Broken)}
	if slices.ContainsFunc(x.Services, func(s record.Service) bool { return s.Health.Kind == pausing }) {
		p.told = f.Broken.Zero
	}
	return p
}

func broken(f *timeline.Failover) period { return decisive(f, record.Experiment{}) }

// pausing is the kind of check that pauses after each one, so that whatever
// delays one delays all later ones. Those of the others come at fixed times.
const pausing = "loop"

// told returns when the first stage after the change was seen. Where none was,
// and nothing ended the outage, nobody was told as long as it was watched.
func told(e timeline.Episode) record.Time {
	switch {
	case len(e.Stages) > 1:
		return max(e.Zero, e.Stages[1].At)
	case e.Outage.Open:
		return outcome(e)
	}
	return e.Zero
}

func (p period) to() record.Time {
	if len(p.f.Faults) == 0 {
		return p.e.Until // nothing was broken: all of the trial counts
	}
	return outcome(p.e)
}

func (p period) length() time.Duration { return p.to().Sub(p.e.Zero) }

// outcome returns when the last thing happened that the trial reports.
func outcome(e timeline.Episode) record.Time {
	end := e.Zero.Add(e.Outage.Value)
	if e.Switch != nil {
		end = max(end, e.Zero.Add(e.Switch.Value))
	}
	for _, s := range e.Stages {
		end = max(end, s.At)
	}
	return end
}

// loaded is the part of a load sample that falls into a span. It does not tell
// when within it something happened, so what it counts may all have fallen
// into that part.
type loaded struct {
	timeline.Load
	overlap time.Duration
}

// touching returns the trial's samples that touch a span.
func touching(f *timeline.Failover, from, to record.Time) []loaded {
	var list []loaded
	for _, l := range f.Loads {
		if overlap := min(l.To, to).Sub(max(l.From, from)); overlap > 0 {
			list = append(list, loaded{l, overlap})
		}
	}
	return list
}

func (p period) samples() []loaded { return touching(p.f, p.e.Zero, p.to()) }

// waited looks for threads that were ready and did not get to run: those of
// the daemons and services, whose speed is what is measured, and our own, which
// stamp and check. A sender's waiting is in its requests' send times already.
// before is how long whoever set the timer that ran out may have waited.
func (p period) waited(name string, role record.Role, before time.Duration) timeline.Doubt {
	var worst record.Wait
	usual := p.usual(role)
	sum := p.delayed(func(s loaded) time.Duration {
		wait, of := longestWaits([]loaded{s}, role, usual)
		if of.For > worst.For {
			worst = of
		}
		return wait
	})
	return timeline.Doubt{Name: name, For: min(before+sum, p.length()), Side: timeline.LowSide,
		What: fmt.Sprintf("threads of %s waited for a processor in the %s until traffic had moved", whose(role, p.f.Procs[worst.PID]), words.Duration(p.length()))}
}

// delayed returns by how much the samples' waits may have delayed the outcome.
// What was waited before somebody was told delayed that only if it lasted until
// then: until the timer ran out there was nothing to do.
func (p period) delayed(wait func(loaded) time.Duration) time.Duration {
	var sum time.Duration
	for _, s := range slices.Backward(p.samples()) {
		w := min(wait(s), s.overlap)
		sum += w
		if s.From <= p.told && w < min(s.To, p.told).Sub(max(s.From, p.e.Zero)) {
			break
		}
	}
	return sum
}

// longestWaits adds up the longest waits of a role's threads, and returns the
// worst. As many waits as a thread had, each as long as usual, are taken to be
// spread over the sample. What it waited more than that may all have fallen
// into the span that the sample touches.
func longestWaits(list []loaded, role record.Role, usual time.Duration) (sum time.Duration, worst record.Wait) {
	for _, d := range list {
		for _, w := range d.Waits {
			if w.Role != role {
				continue
			}
			spread := min(w.For, time.Duration(w.Times)*usual)
			share := ratio(d.overlap, d.To.Sub(d.From))
			sum += min(d.overlap, w.For-spread+time.Duration(share*float64(spread)))
			if w.For > worst.For {
				worst = w
			}
		}
	}
	return sum, worst
}

// enoughSamples are needed to say what is usual.
const enoughSamples = 5

// usual is how long a thread of the role waited each time that it was to run,
// where nothing was decided: the median over the trial's other samples. 0 if
// they are too few.
func (p period) usual(role record.Role) time.Duration {
	var each []time.Duration
	for _, l := range p.f.Loads {
		if l.To > p.e.Zero && l.From < p.to() {
			continue
		}
		for _, w := range l.Waits {
			if w.Role == role && w.Times > 0 {
				each = append(each, w.For/time.Duration(w.Times))
			}
		}
	}
	if len(each) < enoughSamples {
		return 0
	}
	slices.Sort(each)
	return each[len(each)/2]
}

// whose names a thread's process.
func whose(role record.Role, name string) string {
	switch {
	case role == record.Observing:
		return "the observers"
	case name == "":
		return "the lab's programs"
	}
	return name
}

// stolen looks for a hypervisor that ran others on our processors.
func (p period) stolen() timeline.Doubt {
	return timeline.Doubt{Name: "steal", For: p.delayed(func(s loaded) time.Duration { return s.Steal }), Side: timeline.LowSide,
		What: fmt.Sprintf("the hypervisor took processor time in the %s until traffic had moved", words.Duration(p.length()))}
}

// foreignCPU says how much of the machine others used, where that was a lot.
func foreignCPU(f timeline.Failover) string {
	if share := broken(&f).foreign(); share > busyShare {
		return fmt.Sprintf("other programs used %.0f %% of the machine's processors", 100*share)
	}
	return ""
}

func (p period) foreign() float64 {
	var foreign, all time.Duration
	for _, s := range p.samples() {
		foreign += s.Foreign
		all += time.Duration(p.f.CPUs) * s.To.Sub(s.From)
	}
	return ratio(foreign, all)
}

// pressure says for how much of the time some task of the machine, whoever's,
// had to wait for a processor.
func pressure(f timeline.Failover) string {
	if share := broken(&f).stall(); share > busyShare {
		return fmt.Sprintf("some task waited for a processor %.0f %% of the time", 100*share)
	}
	return ""
}

func (p period) stall() float64 {
	var stall, all time.Duration
	for _, s := range p.samples() {
		stall += s.Stall
		all += s.To.Sub(s.From)
	}
	return ratio(stall, all)
}

func ratio(of, all time.Duration) float64 {
	if all == 0 {
		return 0
	}
	return float64(of) / float64(all)
}

// beyond is by how much detection took longer than theory allows, on a busy
// machine: whose fault that was can't be told. A process that is to die, for
// one, waits for a processor as well, and takes what counted that with it.
func (p period) beyond(theory *record.Bounds) time.Duration {
	took, ok := detection().read(p.f)
	if theory == nil || !ok || took.value <= theory.High+millis(theorySlack) || max(p.foreign(), p.stall()) <= loadedShare {
		return 0
	}
	return time.Duration((took.value - theory.High) * float64(time.Millisecond))
}

// load says what the machine was busy with while detection took too long.
func (p period) load(theory *record.Bounds) string {
	return fmt.Sprintf("detection took longer than the %s that theory allows; meanwhile other programs used %.0f %% of the processors, and some task waited for one %.0f %% of the time",
		words.Milliseconds(theory.High), 100*p.foreign(), 100*p.stall())
}

// loadSlack is how far two samples of the machine's load may lie apart.
const loadSlack = 10 * time.Millisecond

// machineUnwatched looks for decisive time of which nobody knows how busy the
// machine was.
func machineUnwatched(f timeline.Failover) string {
	p, known := broken(&f), time.Duration(0)
	for _, s := range p.samples() {
		known += s.overlap
	}
	if p.length()-known <= loadSlack {
		return ""
	}
	return fmt.Sprintf("how busy the machine was isn't known for %s of the %s until traffic had moved", words.Duration(p.length()-known), words.Duration(p.length()))
}

// unwatched tells what this kernel keeps to itself.
func unwatched(f timeline.Failover) string {
	for _, s := range broken(&f).samples() {
		if s.Missed != "" {
			return "the machine's load is not fully known: " + s.Missed
		}
	}
	return ""
}
