package service

import "testing"

func TestVerdict(t *testing.T) {
	tests := []struct {
		name       string
		fall, rise int
		checks     string // + good, - failed
		want       string // what each check made of it: U, D or . for no change
	}{
		{"first success is enough", 2, 3, "+", "U"},
		{"failures at start need fall", 2, 2, "--", ".D"},
		{"a success after one failure at start", 2, 2, "-+", ".U"},
		{"down only after fall", 3, 1, "+---", "U..D"},
		{"a success between starts the count again", 2, 1, "+-+-+--", "U.....D"},
		{"up only after rise", 1, 3, "+-+++", "UD..U"},
		{"a failure between starts the count again", 1, 2, "+-+-++", "UD...U"},
		{"unhealthy from the start needs rise", 1, 2, "-++", "D.U"},
		{"no news while it stays", 1, 1, "+++---", "U..D.."},
		{"fall and rise of one", 1, 1, "+-+-", "UDUD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := verdict{fall: tt.fall, rise: tt.rise}
			var got []byte
			for _, c := range tt.checks {
				mark := byte('.')
				if v.observe(c == '+') {
					mark = 'D'
					if v.healthy {
						mark = 'U'
					}
				}
				got = append(got, mark)
			}
			if string(got) != tt.want {
				t.Errorf("%s: got %s, want %s", tt.checks, got, tt.want)
			}
		})
	}
}
