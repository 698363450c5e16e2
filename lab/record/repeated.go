package record

import "encoding/json"

// repeated returns the first key that an object of the JSON text has twice, and
// where: of two values a decoder takes the last and says nothing. The text must be
// valid. It takes linear time.
func repeated(text []byte) (key string, at int) {
	var open []map[string]bool // keys of the objects around; nil: a list
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			open = append(open, map[string]bool{})
		case '[':
			open = append(open, nil)
		case '}', ']':
			open = open[:len(open)-1]
		case '"':
			end := stringEnd(text, i)
			if len(open) > 0 && open[len(open)-1] != nil && isKey(text[end:]) {
				keys, key := open[len(open)-1], unquoted(text[i:end])
				if keys[key] {
					return key, i
				}
				keys[key] = true
			}
			i = end - 1
		}
	}
	return "", -1
}

// stringEnd returns where the string that begins at a quote ends.
func stringEnd(text []byte, at int) int {
	for at++; at < len(text) && text[at] != '"'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return min(at+1, len(text))
}

// isKey says whether the string before the text is a key.
func isKey(text []byte) bool {
	for _, c := range text {
		switch c {
		case ' ', '\t', '\n', '\r':
		default:
			return c == ':'
		}
	}
	return false
}

func unquoted(quoted []byte) string {
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return string(quoted)
	}
	return s
}
