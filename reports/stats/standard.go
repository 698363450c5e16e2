package stats

import "slices"

// Shown is what one trial shows of a requirement.
type Shown int

// What a trial shows. What is unclear counts against a proof, and not towards a
// refutation.
const (
	Met Shown = iota
	Unclear
	Violated
)

// Answer is what trials come to.
type Answer string

// The answers.
const (
	Proven    Answer = "proven"
	Refuted   Answer = "refuted"
	Undecided Answer = "undecided"
)

// Standard is what is asked of a proof: that at least a share of all cases meets
// a requirement. What is false is proven, and what is true refuted, with a
// probability of at most 1 - Confidence each.
type Standard struct {
	Share      float64 // 0 to 1, both excluded
	Confidence float64
	Allowed    int // violations, within a proof

	proof, refutation []Look
}

// longer is how many times as many trials as the longest proof takes are made to
// refute what can't be proven any more.
const longer = 2

// NewStandard plans the looks. See Rarer.
func NewStandard(share, confidence float64, allowed int) Standard {
	s := Standard{Share: share, Confidence: confidence, Allowed: allowed, proof: Rarer(1-share, 1-confidence, allowed)}
	s.refutation = RarerWithin(share, 1-confidence, s.Most())
	return s
}

// Shortest is how many trials a proof takes if all of them meet the requirement.
func (s Standard) Shortest() int { return s.proof[0].Trials }

// Longest is how many a proof takes at most.
func (s Standard) Longest() int { return s.proof[len(s.proof)-1].Trials }

// Quickest is how many trials a refutation takes if none meets the requirement.
func (s Standard) Quickest() int { return s.refutation[0].Trials }

// Takes is how many trials a proof takes with so many violations allowed, at most.
func (s Standard) Takes(allowed int) int {
	list := Rarer(1-s.Share, 1-s.Confidence, allowed)
	return list[len(list)-1].Trials
}

// Most is how many trials are made at most.
func (s Standard) Most() int { return longer * s.Longest() }

// Looks says whether something may be decided after n trials of which no more than
// violated violate the requirement.
func (s Standard) Looks(n, violated int) bool {
	return slices.ContainsFunc(s.proof, func(l Look) bool { return l.Trials == n }) ||
		slices.ContainsFunc(s.refutation, func(l Look) bool { return l.Trials == n && (n-violated <= l.Hits || n > s.Longest()) })
}

// Proof is what trials, in the order in which they were made, come to.
type Proof struct {
	Answer   Answer
	Trials   int // that were needed; 0: undecided
	N        int // that were made
	Met      int
	Violated int
	More     int     // undecided: how many trials more prove it if all meet the requirement; 0: none do, with so few allowed
	ToRefute int     // undecided: how many trials more refute it if all violate it; 0: none do
	Least    float64 // the share that meets it, at least, by all trials
	Most     float64 // and at most
}

// Judge looks at the trials.
func (s Standard) Judge(trials []Shown) Proof {
	p := Proof{Answer: Undecided, N: len(trials), Met: number(trials, Met), Violated: number(trials, Violated)}
	p.Least = LeastShare(p.Met, p.N, s.Confidence)
	p.Most = 1 - LeastShare(p.Violated, p.N, s.Confidence)
	proven := first(s.proof, trials, func(t Shown) bool { return t != Met })
	refuted := first(s.refutation, trials, func(t Shown) bool { return t != Violated })
	switch {
	case proven > 0 && (refuted == 0 || proven < refuted):
		p.Answer, p.Trials = Proven, proven
	case refuted > 0:
		p.Answer, p.Trials = Refuted, refuted
	default:
		p.More, p.ToRefute = s.more(p), s.toRefute(p)
	}
	return p
}

// first returns after how many trials the first look came out well, 0 if none did.
func first(list []Look, trials []Shown, hit func(Shown) bool) int {
	for _, look := range list {
		if look.Trials > len(trials) {
			return 0
		}
		hits := 0
		for _, t := range trials[:look.Trials] {
			if hit(t) {
				hits++
			}
		}
		if hits <= look.Hits {
			return look.Trials
		}
	}
	return 0
}

func (s Standard) more(p Proof) int {
	for _, look := range s.proof {
		if look.Trials > p.N && p.N-p.Met <= look.Hits {
			return look.Trials - p.N
		}
	}
	return 0
}

// Open says whether more trials may decide what is undecided. Where no proof can
// come of it any more, they are made for a refutation, unless as many as a proof
// takes have shown violations no more frequent than they may be.
func (s Standard) Open(p Proof) bool {
	if p.Answer != Undecided || p.More > 0 {
		return p.Answer == Undecided
	}
	futile := p.N >= s.Longest() && float64(p.Violated) <= (1-s.Share)*float64(p.N)
	return !futile && p.N < s.Most() && s.toRefute(p) > 0
}

// toRefute is how many trials it is to the next look at a refutation that can come
// out well; 0 if none is left.
func (s Standard) toRefute(p Proof) int {
	for _, look := range s.refutation {
		if look.Trials > p.N && p.N-p.Violated <= look.Hits {
			return look.Trials - p.N
		}
	}
	return 0
}

func number(trials []Shown, what Shown) int {
	n := 0
	for _, t := range trials {
		if t == what {
			n++
		}
	}
	return n
}
