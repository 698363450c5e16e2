package fault

import "fmt"

// Mistake is what is wrong with one key of a fault.
type Mistake struct{ Key, What string }

// Error names the key.
func (m Mistake) Error() string { return m.Key + ": " + m.What }

func mistake(key, format string, args ...any) error {
	return Mistake{key, fmt.Sprintf(format, args...)}
}
