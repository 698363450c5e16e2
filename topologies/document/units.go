package document

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Rate is events a second, written "1000/s".
type Rate float64

// UnmarshalText reads "1000/s".
func (r *Rate) UnmarshalText(text []byte) error {
	number, ok := strings.CutSuffix(string(text), "/s")
	if !ok {
		return fmt.Errorf("the rate %q needs its unit, as in 1000/s", text)
	}
	v, err := decimal(number)
	if err != nil || v <= 0 {
		return fmt.Errorf("%q is not a rate; it is a number above 0 and its unit, as in 1000/s", text)
	}
	*r = Rate(v)
	return nil
}

// Example shows the form in a JSON Schema.
func (Rate) Example() (pattern, example string) { return `^[0-9.]+/s$`, "1000/s" }

// BitRate is bits a second, written "10mbit".
type BitRate uint64

var bitUnits = []struct {
	name string
	bits float64
}{{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}}

// UnmarshalText reads "10mbit"; the units are kbit, mbit and gbit.
func (r *BitRate) UnmarshalText(text []byte) error {
	for _, u := range bitUnits {
		number, ok := strings.CutSuffix(string(text), u.name)
		if !ok {
			continue
		}
		v, err := decimal(number)
		if err != nil || v*u.bits < 1 || v*u.bits > 1e15 {
			return fmt.Errorf("%q is not a bit rate; it is a number above 0 and its unit, as in 10mbit", text)
		}
		*r = BitRate(v * u.bits)
		return nil
	}
	return fmt.Errorf("the bit rate %q needs a unit: kbit, mbit or gbit", text)
}

// Example shows the form in a JSON Schema.
func (BitRate) Example() (pattern, example string) { return `^[0-9.]+[kmg]bit$`, "10mbit" }

// Percent is a share from 0 to 1, written "5%".
type Percent float64

// UnmarshalText reads "5%".
func (p *Percent) UnmarshalText(text []byte) error {
	number, ok := strings.CutSuffix(string(text), "%")
	if !ok {
		return fmt.Errorf("%q needs the unit %%, as in 5%%", text)
	}
	v, err := decimal(number)
	if err != nil {
		return fmt.Errorf("%q is not a percentage; it is written like 5%%", text)
	}
	if v > 100 {
		return fmt.Errorf("%s is more than 100%%", text)
	}
	*p = Percent(v / 100)
	return nil
}

// Example shows the form in a JSON Schema.
func (Percent) Example() (pattern, example string) { return `^[0-9.]+%$`, "5%" }

// decimal reads digits with an optional fraction: no sign, exponent, infinity.
func decimal(s string) (float64, error) {
	if strings.Trim(s, "0123456789.") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}

// wellFormed is what a duration looks like.
var wellFormed = regexp.MustCompile(`^((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$`)

// ParseDuration reads a duration that is not negative and has a unit.
func ParseDuration(s string) (time.Duration, error) {
	if _, err := decimal(s); err == nil {
		return 0, fmt.Errorf("the duration %s needs a unit, as in %sms or %ss", s, s, s)
	}
	d, err := time.ParseDuration(s)
	if err != nil && wellFormed.MatchString(s) {
		return 0, fmt.Errorf("the duration %s is too long", s)
	}
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration; it is a number and a unit (ns, us, ms, s, m, h), as in 50ms", s)
	}
	if d < 0 {
		return 0, fmt.Errorf("the duration %s is negative", s)
	}
	return d, nil
}

// Duration writes d for people, exactly and in one unit: "50 ms", "1.5 s", "3 min".
func Duration(d time.Duration) string {
	unit, name := time.Millisecond, "ms"
	switch size := d.Abs(); {
	case size > time.Hour && d%time.Hour == 0:
		unit, name = time.Hour, "h"
	case size >= time.Minute && d%time.Minute == 0:
		unit, name = time.Minute, "min"
	case size >= time.Second:
		unit, name = time.Second, "s"
	case size < time.Microsecond && size > 0:
		unit, name = time.Nanosecond, "ns"
	case size < time.Millisecond && size > 0:
		unit, name = time.Microsecond, "µs"
	}
	return strconv.FormatFloat(float64(d)/float64(unit), 'f', -1, 64) + " " + name
}
