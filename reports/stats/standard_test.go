package stats

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestLooksOfAProof(t *testing.T) {
	for _, c := range []struct {
		share   float64
		allowed int
		want    []Look
	}{
		{0.80, 0, []Look{{14, 0}}},
		{0.90, 0, []Look{{29, 0}}},
		{0.95, 0, []Look{{59, 0}}},
		{0.95, 2, []Look{{72, 0}, {109, 1}, {141, 2}}},
	} {
		got := Rarer(1-c.share, 0.05, c.allowed)
		if !slices.Equal(got, c.want) {
			t.Errorf("%g with %d allowed: %v, want %v", c.share, c.allowed, got, c.want)
		}
	}
	if e := Crossing(Rarer(0.05, 0.05, 2), 0.05); e < 0.0485 || e > 0.0495 {
		t.Errorf("three looks at 95 %% are wrong in %.4f, want 4.9 %%", e)
	}
}

// Nobody looks where nothing can come of it.
func TestLooksThatMayDecide(t *testing.T) {
	s := NewStandard(0.8, 0.95, 0)
	for _, n := range []int{1, 3, 5, 9, 13} {
		if s.Looks(n, 0) {
			t.Errorf("of %d trials that all meet it something is to be decided", n)
		}
	}
	if n := s.Quickest(); !s.Looks(14, 0) || !s.Looks(n, n) || s.Looks(n, n-1) {
		t.Errorf("want a look at 14 good trials and at %d bad ones, and none where one of them is good", n)
	}
	for _, s := range standards() { // no answer is missed
		for n := 1; n <= s.Longest(); n++ {
			for bad := 0; bad <= n; bad++ {
				shown := append(slices.Repeat([]Shown{Violated}, bad), slices.Repeat([]Shown{Met}, n-bad)...)
				if p := s.Judge(shown); p.Trials == n && !s.Looks(n, bad) {
					t.Errorf("%g at %g, %d allowed: nobody looks at %d trials with %d violations, which are %s", s.Share, s.Confidence, s.Allowed, n, bad, p.Answer)
				}
			}
		}
	}
}

// standards are some that differ in all that there is.
func standards() []Standard {
	var list []Standard
	for _, share := range []float64{0.5, 0.8, 0.9, 0.95} {
		for _, confidence := range []float64{0.8, 0.95, 0.99} {
			for _, allowed := range []int{0, 1, 2} {
				list = append(list, NewStandard(share, confidence, allowed))
			}
		}
	}
	return list
}

// No look comes earlier than one with fewer hits, and the error is kept to, by
// exact computation over all ways through the looks.
func TestErrorsAreKeptTo(t *testing.T) {
	for _, s := range standards() {
		for _, side := range []struct {
			looks []Look
			p     float64
		}{{s.proof, 1 - s.Share}, {s.refutation, s.Share}} {
			if e := Crossing(side.looks, side.p); e > 1-s.Confidence+1e-12 || e <= 0 {
				t.Errorf("%g at %g, %d allowed: wrong in %.4f", s.Share, s.Confidence, s.Allowed, e)
			}
			for i := 1; i < len(side.looks); i++ {
				if side.looks[i].Trials <= side.looks[i-1].Trials || side.looks[i].Hits <= side.looks[i-1].Hits {
					t.Errorf("%g at %g: %v", s.Share, s.Confidence, side.looks)
				}
			}
		}
		if s.Quickest() < 2 {
			t.Errorf("%g at %g: one violation refutes", s.Share, s.Confidence)
		}
	}
}

// The most that may be asked is planned while somebody waits, and kept to.
func TestMostThatMayBeAsked(t *testing.T) {
	began := time.Now()
	s := NewStandard(0.99, 0.99, 10)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the looks are planned in %v", took)
	}
	if first := s.Shortest(); first < 459 || len(s.proof) != 11 { // 0.99^459 is 0.99 %
		t.Errorf("%d looks at a proof, the first after %d trials", len(s.proof), first)
	}
	for _, e := range []float64{Crossing(s.proof, 0.01), Crossing(s.refutation, 0.99)} {
		if e > 0.01+1e-12 || e < 0.009 {
			t.Errorf("wrong in %.5f, want 0.01 at most, and little less", e)
		}
	}
}

// Crossing counts what listing every sequence of trials counts.
func TestCrossingIsExact(t *testing.T) {
	list, p := []Look{{3, 0}, {6, 1}, {9, 3}}, 0.3
	const n = 9
	want := 0.0
	for bits := range 1 << n {
		chance, hits, crossed := 1.0, [n + 1]int{}, false
		for i := range n {
			hits[i+1] = hits[i] + bits>>i&1
			chance *= []float64{1 - p, p}[bits>>i&1]
		}
		for _, l := range list {
			crossed = crossed || hits[l.Trials] <= l.Hits
		}
		if crossed {
			want += chance
		}
	}
	if got := Crossing(list, p); got < want-1e-12 || got > want+1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
}

// What is false by a little is proven, and what is true by a little refuted, in at
// most 5 of 100 cases; what is far off is decided as it is.
func TestStandardOverDistributions(t *testing.T) {
	const cases = 4000
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range []Standard{NewStandard(0.8, 0.95, 0), NewStandard(0.8, 0.95, 2), NewStandard(0.9, 0.95, 1)} {
		for _, c := range []struct {
			share  float64 // that truly meets it
			answer Answer
			least  int // of 1000
			most   int
		}{
			{s.Share - 0.001, Proven, 0, 57}, // 50 and three standard errors
			{s.Share + 0.001, Refuted, 0, 57},
			{0.05, Refuted, 990, 1000},
			{1, Proven, 1000, 1000},
		} {
			n := 0
			for range cases {
				if sequence(s, random, c.share).Answer == c.answer {
					n++
				}
			}
			if n *= 1000; n < c.least*cases || n > c.most*cases {
				t.Errorf("%g, %d allowed: where %g meet it, %s in %d of 1000", s.Share, s.Allowed, c.share, c.answer, n/cases)
			}
		}
	}
}

// sequence makes all the trials that there may be: what comes after the one that
// decides changes nothing.
func sequence(s Standard, random *rand.Rand, share float64) Proof {
	trials := make([]Shown, longer*s.Longest())
	for i := range trials {
		if random.Float64() >= share {
			trials[i] = Violated
		}
	}
	return s.Judge(trials)
}

func TestDoubtCountsAgainstProofOnly(t *testing.T) {
	s := NewStandard(0.8, 0.95, 0)
	trials := append(slices.Repeat([]Shown{Met}, 13), Unclear)
	if p := s.Judge(trials); p.Answer != Undecided || p.More != 0 {
		t.Errorf("13 met and one unclear: %+v", p)
	}
	if p := s.Judge(slices.Repeat([]Shown{Unclear}, longer*s.Longest())); p.Answer != Undecided || p.Most != 1 {
		t.Errorf("all unclear: %+v", p)
	}
	if p := s.Judge(slices.Repeat([]Shown{Violated}, s.Quickest())); p.Answer != Refuted || p.Trials != s.Quickest() {
		t.Errorf("all violated: %+v", p)
	}
	if p := s.Judge([]Shown{Violated}); p.Answer != Undecided || !s.Open(p) {
		t.Errorf("one violation: %+v", p)
	}
}

// Trials that can't prove anything any more end where they lean towards no refutation.
func TestFutileTrialsEnd(t *testing.T) {
	s := NewStandard(0.8, 0.95, 0)
	few := append(slices.Repeat([]Shown{Met}, 12), Unclear, Violated)
	if p := s.Judge(few[:13]); !s.Open(p) {
		t.Errorf("13 trials: %+v is closed", p)
	}
	if p := s.Judge(few); s.Open(p) {
		t.Errorf("14 trials: %+v is open", p)
	}
	many := append(slices.Repeat([]Shown{Met}, 7), slices.Repeat([]Shown{Violated}, 7)...)
	if p := s.Judge(many); p.Answer == Undecided && !s.Open(p) {
		t.Errorf("half of 14 violate: %+v is closed", p)
	}
}

func TestWhatIsLeftIsSaidAsWhatItIs(t *testing.T) {
	p := NewStandard(0.9, 0.95, 0).Judge(slices.Repeat([]Shown{Met}, 20))
	if p.Answer != Undecided || p.More != 9 || p.Least < 0.8605 || p.Least > 0.8615 {
		t.Errorf("20 of 20: %+v, want at least 86.1 %% and 9 more", p)
	}
	for met := range 6 { // so many violations as it says refute it, and one less does not
		s, trials := NewStandard(0.8, 0.95, 0), slices.Repeat([]Shown{Met}, met)
		n := s.Judge(trials).ToRefute
		before, after := append(trials, slices.Repeat([]Shown{Violated}, n-1)...), append(trials, slices.Repeat([]Shown{Violated}, n)...)
		if s.Judge(before).Answer != Undecided || s.Judge(after).Answer != Refuted {
			t.Errorf("%d met: %d more don't refute it, or one less does", met, n)
		}
	}
	if p := NewStandard(0.8, 0.95, 0).Judge(append(slices.Repeat([]Shown{Met}, 27), Violated)); p.ToRefute != 0 {
		t.Errorf("nothing refutes 27 of 28, the last trial: %+v", p)
	}
	if p := NewStandard(0.8, 0.95, 0).Judge(slices.Repeat([]Shown{Met}, 14)); p.Answer != Proven || p.Trials != 14 {
		t.Errorf("14 of 14: %+v", p)
	}
}
