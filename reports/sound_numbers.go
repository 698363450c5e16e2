package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// mayBeNegative are the fields of result.json below which a number may be.
var mayBeNegative = []string{"at_ms", "claims", "comparison", "error_ms", "hops", "metrics", "metrics_bounds", "stages", "stages_bounds_ms", "summary", "trend", "verdicts"}

// countless is more than any number of a result, but for seeds.
const countless = 1e15

// soundNumbers says which number of result.json no run can come to.
func soundNumbers(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	w := fieldNumbers{d: d}
	return w.value("")
}

// fieldNumbers goes through the numbers of JSON, with the names of the fields around.
type fieldNumbers struct {
	d    *json.Decoder
	path []string
}

func (w *fieldNumbers) value(name string) error {
	token, err := w.d.Token()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	w.path = append(w.path, name)
	defer func() { w.path = w.path[:len(w.path)-1] }()
	switch t := token.(type) {
	case json.Number:
		return w.judge(t)
	case json.Delim:
		for w.d.More() {
			field := ""
			if t == '{' {
				key, err := w.d.Token()
				if err != nil {
					return err
				}
				field, _ = key.(string)
			}
			if err := w.value(field); err != nil {
				return err
			}
		}
		_, err = w.d.Token() // the end
	}
	return err
}

func (w *fieldNumbers) judge(n json.Number) error {
	v, err := strconv.ParseFloat(string(n), 64)
	time := slices.ContainsFunc(w.path, func(name string) bool { return strings.HasSuffix(name, "_ms") })
	why := ""
	switch {
	case w.path[len(w.path)-1] == "seed":
	case err != nil, time && math.Abs(v) > longestTime:
		why = "beyond what a trial can last"
	case math.Abs(v) > countless:
		why = "beyond all counts"
	case v < 0 && !slices.ContainsFunc(w.path, func(name string) bool { return slices.Contains(mayBeNegative, name) }):
		why = "negative"
	}
	if why == "" {
		return nil
	}
	path := slices.DeleteFunc(slices.Clone(w.path), func(name string) bool { return name == "" })
	return fmt.Errorf("%s is %s, which is %s", strings.Join(path, "."), n, why)
}
