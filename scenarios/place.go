package scenarios

import (
	"errors"

	"anylab/topologies/document"
)

// ExpectationAt returns where an expectation stands: the file as the user
// named it and the line. ok is false for what stands in no file of the user's:
// a shipped scenario, standard input, an override.
func (s Scenario) ExpectationAt(text string) (file string, line int, ok bool) {
	if s.Source == nil {
		return "", 0, false
	}
	for i, e := range s.Expect {
		if e.Text != text {
			continue
		}
		var at *document.Error
		if !errors.As(element(s.Source.Root(), "expect", i).Errorf("", ""), &at) {
			return "", 0, false
		}
		return at.File, at.Line, at.Line > 0 && !elsewhere(at.File)
	}
	return "", 0, false
}

// elsewhere says that a document's name is none of a file.
func elsewhere(file string) bool {
	for _, name := range Names() {
		if file == name+".yaml" {
			return true
		}
	}
	return file == "<stdin>" || file == "--set" || file == ""
}
