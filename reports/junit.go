package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"unicode"

	"anylab/reports/words"
)

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Time     string      `xml:"timestamp,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

// JUnit writes a test case for each expectation, and one for the measurement
// itself. If that can't be trusted, it is an error, not a failure: CI systems
// show both in red, with the message, but nobody is told that an expectation
// failed. The expectations are skipped then: neither a green nor a red one
// would be true.
func JUnit(w io.Writer, r *Report) error {
	if r.Result.Internet != nil {
		return writeJUnit(w, r.internetSuite())
	}
	if r.Result.Validation != nil {
		return writeJUnit(w, r.validationSuite())
	}
	s := junitSuite{Name: r.Result.Run.Scenario, Time: r.Result.Run.Started.UTC().Format("2006-01-02T15:04:05")}
	measured := junitCase{Class: s.Name, Name: "measurement", Out: r.headline()}
	if r.Result.Verdict == Inconclusive {
		measured.Error = &junitMessage{"the measurement can't be trusted" + r.doubts()}
		s.Errors++
	}
	s.Cases = append(s.Cases, measured)
	r.expectationCases(&s)
	return writeJUnit(w, s)
}

// expectationCases adds a case for each expectation.
func (r *Report) expectationCases(s *junitSuite) {
	for _, v := range r.Result.Verdicts {
		c := junitCase{Class: s.Name, Name: words.In(v.Cell) + v.Expect, Out: "value: " + v.Value}
		switch {
		case v.Value == notJudged:
			c.Skipped = &junitMessage{notJudged}
			s.Skipped++
		case v.Decides != "":
			c.Skipped = &junitMessage{"can't tell: " + v.seen() + "; it would take " + v.Decides}
			s.Skipped++
		case r.Result.trusted() == Inconclusive:
			c.Skipped = &junitMessage{"not judged: the measurement can't be trusted"}
			s.Skipped++
		case !v.OK:
			c.Failure = &junitMessage{fmt.Sprintf("%s is not so: %s over %s", v.Expect, v.Value, words.Count(v.N, "trial"))}
			s.Failures++
		}
		s.Cases = append(s.Cases, c)
	}
}

func writeJUnit(w io.Writer, s junitSuite) error {
	s.Tests = len(s.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(bytes.Map(legal, b.Bytes()))
	return err
}

// legal replaces what would act unseen in a text: the encoder has replaced only
// what no XML may hold.
func legal(r rune) rune {
	if r != '\n' && !unicode.IsGraphic(r) {
		return unicode.ReplacementChar
	}
	return r
}
