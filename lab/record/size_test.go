package record_test

import (
	"testing"

	"anylab/lab/record"
)

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 999: "999 bytes", 1000: "1 kB", 67108864: "67 MB", 9_812_345_678: "9.8 GB", 9_960_000: "10 MB", 999_600: "1 MB", 5_000_000_000_000: "5 TB",
	} {
		if got := record.Size(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
