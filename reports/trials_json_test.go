package reports

import (
	"bytes"
	"testing"
)

// The trials, which are made one by one, stand in result.json as if they were not.
func TestResultIsOneDocument(t *testing.T) {
	for _, trials := range []int{0, 1, 2, 130} {
		res := crashes(trials + 1).load(t).Result
		res.Trials = res.Trials[:trials]
		var got, want bytes.Buffer
		if err := res.write(&got); err != nil {
			t.Fatal(err)
		}
		if err := writeJSON(&want, res); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%d trials: %d bytes, want %d", trials, got.Len(), want.Len())
		}
	}
}
