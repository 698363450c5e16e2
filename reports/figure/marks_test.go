package figure

import (
	"testing"

	"gonum.org/v1/plot/vg"
)

// TestLabelsDoNotOverlap looks at each pair of labels, and at each line
// against each label.
func TestLabelsDoNotOverlap(t *testing.T) {
	for name, s := range stories() {
		trial := s.trial()
		for _, n := range panelsOf(trial) {
			const width = vg.Length(330)
			marks := n.marks()
			w := n.window(marks, width, trial.Samples)
			levels := stagger(marks, w, width)
			left := func(i int) vg.Length { return vg.Length((marks[i].at-w.from)/(w.to-w.from)) * width }
			for i := range marks {
				if right := left(i) + marks[i].width(); right > width && marks[i].at > 0 {
					t.Errorf("%s: %q ends at %.0f of %.0f", name, marks[i].label, right, width)
				}
				for j := i + 1; j < len(marks); j++ {
					apart := left(j) >= left(i)+marks[i].width()
					if !apart && levels[j] >= levels[i] {
						t.Errorf("%s: %q on level %d runs into %q on level %d", name, marks[j].label, levels[j], marks[i].label, levels[i])
					}
				}
			}
		}
	}
}

func TestStaggerStartsAgainAtTheTop(t *testing.T) {
	marks := []mark{{0, "fault"}, {1, "detect 1 ms"}, {90, "restore 90 ms"}}
	levels := stagger(marks, span{-10, 100}, 400)
	if levels[0] != 1 || levels[1] != 0 || levels[2] != 1 {
		t.Errorf("levels %v, want [1 0 1]", levels)
	}
}
