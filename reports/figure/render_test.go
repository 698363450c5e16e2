package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"
)

// A name with control bytes makes no SVG that nobody can read.
func TestLegalCharacters(t *testing.T) {
	svg := bytes.Map(legal, []byte("<svg>a\x1b[31m\x00b\n</svg>"))
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", svg, err)
		}
	}
}
