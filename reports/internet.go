package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
)

// Internet is what a simulation of the Internet came to.
type Internet struct {
	record.Internet
	Cells []InternetCell        `json:"cells"`
	First *record.InternetTrial `json:"first,omitempty"` // the trial whose shares are drawn: of the worst cell, the first
}

// InternetCell sums up the trials of a cell. Times are over all of them.
type InternetCell struct {
	Cell      map[string]string      `json:"cell"`
	About     *record.Internet       `json:"about,omitempty"` // what was simulated in it, where cells differ
	Trials    int                    `json:"trials"`
	Affected  Number                 `json:"affected"`         // share of the clients
	Outage    InternetTimes          `json:"outage_ms"`        // of those affected
	Settled   InternetTimes          `json:"settled_ms"`       // until an AS had its last best path
	Alone     *InternetTimes         `json:"alone_ms"`         // the same where the site is the only one; null if that was not simulated
	Messages  Number                 `json:"messages"`         // mean
	Changes   Number                 `json:"changes"`          // of best paths, mean
	Worst     []record.InternetWorst `json:"worst"`            // clients
	Announced *InternetTimes         `json:"announced_ms"`     // how the announcement spread; null if the cell is not the first
	Open      int                    `json:"open,omitempty"`   // trials that did not converge
	Looped    Number                 `json:"looped,omitempty"` // share of the clients, mean
	Lost      Number                 `json:"lost,omitempty"`
}

// InternetTimes is a distribution, in milliseconds, by hundredths.
type InternetTimes struct {
	Median Number   `json:"median"`
	P90    Number   `json:"p90"`
	P99    Number   `json:"p99"`
	Max    Number   `json:"max"`
	Curve  []Number `json:"curve"` // 101 points, or none
}

// judgeInternet reads what a simulation of the Internet did.
func (r *Report) judgeInternet() error {
	r.Result = Result{Schema: schema, Run: about(r.Run), Trials: []Trial{}, Summary: []Summary{}, Verdicts: []Judgement{}, Findings: []Finding{}, Explain: []string{}, Verdict: Pass}
	res := &Internet{Internet: *r.Run.Internet, Cells: []InternetCell{}}
	var trials []record.InternetTrial
	for e, err := range record.Events(r.Dir) {
		if err != nil {
			return fmt.Errorf("read the run's record: %w", err)
		}
		if t, ok := e.Data.(record.InternetTrial); ok {
			trials = append(trials, t)
		}
	}
	wanted := 0
	for _, c := range r.Run.Cells {
		wanted += c.Trials
		var own []record.InternetTrial
		for _, t := range trials {
			if record.CellName(t.Cell) == record.CellName(c.Values) {
				own = append(own, t)
			}
		}
		if len(own) > 0 {
			cell := internetCell(c.Values, own)
			cell.About = c.Internet
			res.Cells = append(res.Cells, cell)
			sites := res.about(cell).Sites
			for _, e := range r.Run.Experiment.Expect {
				v := internetVerdict(e, own, sites)
				v.Cell = c.Values
				r.Result.Verdicts = append(r.Result.Verdicts, v)
			}
		}
	}
	r.Result.Internet = res
	if worst, ok := res.worst(); ok {
		i := slices.IndexFunc(trials, func(t record.InternetTrial) bool { return record.CellName(t.Cell) == record.CellName(worst.Cell) })
		res.First = &trials[i]
	}
	r.doubtInternet(wanted - len(trials))
	return nil
}

// doubtInternet notes what keeps the simulation from saying all.
func (r *Report) doubtInternet(missing int) {
	doubt := r.Result.endedEarly(r.Run.Outcome)
	if missing > 0 && !doubt {
		doubt = true
		r.Result.Findings = append(r.Result.Findings, Finding{"too-few-trials", Doubt, fmt.Sprintf("%d trials were not simulated", missing)})
	}
	for _, c := range r.Result.Internet.Cells {
		if c.Open > 0 {
			doubt = true
			r.Result.Findings = append(r.Result.Findings, Finding{"not-converged", Doubt, fmt.Sprintf("%s%d of %d trials had not converged when their time was over: best paths went on changing", record.CellName(c.Cell)+" ", c.Open, c.Trials)})
		}
	}
	switch {
	case doubt:
		r.Result.Verdict = Inconclusive
	case slices.ContainsFunc(r.Result.Verdicts, Judgement.Failed):
		r.Result.Verdict = Fail
	}
}

// about is what was simulated in a cell.
func (i *Internet) about(c InternetCell) *record.Internet {
	if c.About != nil {
		return c.About
	}
	return &i.Internet
}

func internetCell(values map[string]string, trials []record.InternetTrial) InternetCell {
	c := InternetCell{Cell: values, Trials: len(trials)}
	n := float64(len(trials))
	var outage, settled, alone, announced []pooled
	for _, t := range trials {
		c.Affected += Number(t.Outage.Affected / n)
		c.Looped += Number(t.Outage.Looped / n)
		c.Lost += Number(t.Outage.Lost / n)
		c.Messages += Number(float64(t.Messages) / n)
		c.Changes += Number(float64(t.Changes) / n)
		c.Worst = append(c.Worst, t.Outage.Worst...)
		outage = pool(outage, t.Outage.Times, t.Outage.Affected)
		settled = pool(settled, t.Settled, float64(t.Reached))
		if !t.Converged {
			c.Open++
		}
		if t.Withdrawn != nil {
			alone = pool(alone, t.Withdrawn.Settled, 1)
		}
		if t.Announced != nil {
			announced = pool(announced, t.Announced.Settled, 1)
		}
	}
	slices.SortStableFunc(c.Worst, func(a, b record.InternetWorst) int { return cmp.Compare(b.Outage, a.Outage) })
	c.Worst = slices.Clip(c.Worst[:min(len(c.Worst), worstShown)])
	c.Outage, c.Settled = timesOf(outage), timesOf(settled)
	for _, list := range []struct {
		from []pooled
		to   **InternetTimes
	}{{alone, &c.Alone}, {announced, &c.Announced}} {
		if len(list.from) > 0 {
			t := timesOf(list.from)
			*list.to = &t
		}
	}
	return c
}

// worstShown is how many clients are named.
const worstShown = 5

// pooled is a point of a distribution with its weight.
type pooled struct {
	at     time.Duration
	weight float64
}

// pool adds the points of one trial, which share a weight.
func pool(list []pooled, times []time.Duration, weight float64) []pooled {
	for _, t := range times {
		list = append(list, pooled{t, weight})
	}
	return list
}

func timesOf(list []pooled) InternetTimes {
	t := InternetTimes{Curve: []Number{}}
	slices.SortFunc(list, func(a, b pooled) int { return cmp.Compare(a.at, b.at) })
	sum, seen := 0.0, 0.0
	for _, p := range list {
		sum += p.weight
	}
	for _, p := range list {
		for seen += p.weight; float64(len(t.Curve))*sum/100 <= seen && len(t.Curve) < 100; {
			t.Curve = append(t.Curve, Number(millis(p.at)))
		}
	}
	if len(list) == 0 {
		return t
	}
	last := Number(millis(list[len(list)-1].at))
	for len(t.Curve) <= 100 {
		t.Curve = append(t.Curve, last)
	}
	t.Median, t.P90, t.P99, t.Max = t.Curve[50], t.Curve[90], t.Curve[99], last
	return t
}

// worst is the cell that cuts off most for longest: by the share of the clients, times
// their median outage.
func (i *Internet) worst() (InternetCell, bool) {
	if len(i.Cells) == 0 {
		return InternetCell{}, false
	}
	harm := func(c InternetCell) float64 { return float64(c.Affected) * float64(c.Outage.Median) }
	return slices.MaxFunc(i.Cells, func(a, b InternetCell) int { return cmp.Compare(harm(a), harm(b)) }), true
}
