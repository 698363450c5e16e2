package document

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OneOrMore is a list that may be written as its only element.
type OneOrMore[T any] []T

var (
	rawType      = reflect.TypeFor[Raw]()
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// isOneOrMore says whether the type is a OneOrMore, of whatever.
func isOneOrMore(t reflect.Type) bool {
	return t.PkgPath() == rawType.PkgPath() && strings.HasPrefix(t.Name(), "OneOrMore[")
}

func (r Raw) decode(v any) *Error {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return r.place().errorf("cannot decode into %T", v)
	}
	n := r.n
	if n == nil {
		n = &node{kind: mapping} // no part at all: only defaults
	}
	return decodeStruct(n, p.Elem(), r.skip)
}

func decode(n *node, v reflect.Value) *Error {
	t := v.Type()
	switch {
	case t == rawType:
		v.Set(reflect.ValueOf(Raw{n: n}))
		return nil
	case n.kind == nothing:
		if err := n.at.refusal("a value is missing here"); err != nil || t.Kind() != reflect.Struct {
			return err
		}
		return decodeStruct(n, v, nil)
	case t.Kind() == reflect.Pointer:
		p := reflect.New(t.Elem())
		v.Set(p)
		return decode(n, p.Elem())
	case t == durationType:
		return decodeScalar(n, v)
	case reflect.PointerTo(t).Implements(textType) && (n.kind == scalar || t.Kind() != reflect.Struct):
		return decodeScalar(n, v)
	}
	switch t.Kind() {
	case reflect.Struct:
		return decodeStruct(n, v, nil)
	case reflect.Slice:
		return decodeList(n, v)
	}
	return decodeScalar(n, v)
}

func decodeStruct(n *node, v reflect.Value, skip []string) *Error {
	if n.kind != mapping {
		if err := n.at.refusal("a mapping is expected here, not %s; its keys: %s", n.found(), list(formOf(v.Type()).names())); err != nil {
			return err
		}
		n = &node{kind: mapping, at: n.at} // a record's: as if it had no keys
	}
	f := formOf(v.Type())
	for _, p := range n.pairs {
		x, known := f.lookup(p.key)
		if !known {
			if f.rest >= 0 || slices.Contains(skip, p.key) {
				continue
			}
			if err := unknownKey(p, f, skip); err != nil {
				return err
			}
			continue
		}
		if err := decodeField(p.value, v.FieldByIndex(x.index), x); err != nil {
			return err
		}
	}
	if f.self >= 0 {
		v.Field(f.self).Set(reflect.ValueOf(Raw{n: n}))
	}
	if f.rest >= 0 {
		v.Field(f.rest).Set(reflect.ValueOf(Raw{n: n, skip: f.names()}))
	}
	return fillIn(n, v, f)
}

func unknownKey(p pair, f form, skip []string) *Error {
	known := append(f.names(), skip...)
	return p.at.refusal("%s", Unknown("key", p.key, known)+p.meant)
}

// fillIn sets the defaults of keys that are absent.
func fillIn(n *node, v reflect.Value, f form) *Error {
	for _, x := range f.fields {
		if _, given := n.get(x.name); given {
			continue
		}
		if x.required {
			if err := n.at.refusal("the key %q is missing", x.name); err != nil {
				return err
			}
		}
		if x.tag.Get("default") == "" {
			continue
		}
		if err := decode(&node{kind: scalar, text: x.tag.Get("default"), plain: true, at: n.at}, v.FieldByIndex(x.index)); err != nil {
			return err
		}
	}
	return nil
}

func decodeField(n *node, v reflect.Value, x field) *Error {
	if x.keyed {
		return decodeKeyed(n, v)
	}
	if err := decode(n, v); err != nil {
		return err
	}
	if len(x.enum()) > 0 && n.kind == scalar && !slices.Contains(x.enum(), n.text) {
		return n.at.refusal("%s", Unknown(x.name, n.text, x.enum()))
	}
	if x.required && n.kind == scalar && n.text == "" {
		return n.at.refusal("%s is empty", x.name)
	}
	return checkBounds(n, v, x)
}

func checkBounds(n *node, v reflect.Value, x field) *Error {
	if n.kind != scalar {
		return nil
	}
	for _, bound := range []struct {
		text, words string
		beyond      int // how the value compares with the bound if it is wrong
	}{{x.tag.Get("min"), "at least", -1}, {x.tag.Get("max"), "at most", 1}} {
		if bound.text == "" {
			continue
		}
		c, err := compare(n, v, bound.text)
		if err != nil {
			return err
		}
		if c == bound.beyond {
			return n.at.refusal("%s is %s; it must be %s %s", x.name, n.text, bound.words, bound.text)
		}
	}
	return nil
}

// compare compares a value with a bound that is written like the value itself.
func compare(n *node, v reflect.Value, text string) (int, *Error) {
	bound := reflect.New(v.Type()).Elem()
	if err := decode(&node{kind: scalar, text: text, plain: true, at: n.at}, bound); err != nil {
		return 0, err
	}
	for v.Kind() == reflect.Pointer {
		v, bound = v.Elem(), bound.Elem()
	}
	switch {
	case v.CanInt():
		return cmp.Compare(v.Int(), bound.Int()), nil
	case v.CanUint():
		return cmp.Compare(v.Uint(), bound.Uint()), nil
	case v.CanFloat():
		return cmp.Compare(v.Float(), bound.Float()), nil
	}
	return 0, nil
}

func decodeList(n *node, v reflect.Value) *Error {
	items := n.items
	if n.kind != sequence {
		if !isOneOrMore(v.Type()) {
			return n.at.refusal("a list is expected here, not %s", n.found())
		}
		items = []*node{n}
	}
	l := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := decode(item, l.Index(i)); err != nil {
			return err
		}
	}
	v.Set(l)
	return nil
}

// decodeKeyed fills a list from a mapping: file order is kept, and each
// element's key field gets the key.
func decodeKeyed(n *node, v reflect.Value) *Error {
	if n.kind != mapping {
		return n.at.refusal("a mapping of names is expected here, not %s", n.found())
	}
	key := formOf(v.Type().Elem()).key
	l := reflect.MakeSlice(v.Type(), len(n.pairs), len(n.pairs))
	for i, p := range n.pairs {
		if err := decode(p.value, l.Index(i)); err != nil {
			if p.at == p.value.at { // a path of --set has made it
				err.Msg += printable(fmt.Sprintf("; %q is new, beside %s", p.key, Some(keysBefore(n, i))))
			}
			return err
		}
		l.Index(i).Field(key).SetString(p.key)
	}
	v.Set(l)
	return nil
}

func keysBefore(n *node, i int) (keys []string) {
	for _, p := range n.pairs[:i] {
		keys = append(keys, p.key)
	}
	return keys
}

func decodeScalar(n *node, v reflect.Value) *Error {
	if n.kind != scalar {
		return n.at.refusal("%s is expected here, not %s", expected(v.Type()), n.found())
	}
	err := setScalar(n, v)
	if err != nil {
		return n.at.refusal("%s", err)
	}
	return nil
}

// expected says what a value of the type looks like.
func expected(t reflect.Type) string {
	if v, ok := reflect.New(t).Interface().(interface {
		Example() (pattern, example string)
	}); ok {
		_, example := v.Example()
		return "a value such as " + example
	}
	switch {
	case t == durationType:
		return "a duration such as 50ms"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return "a whole number"
	case t.Kind() == reflect.Float64 || t.Kind() == reflect.Float32:
		return "a number, written in digits such as 1.5,"
	}
	return "a single value"
}

func setScalar(n *node, v reflect.Value) error {
	if v.Type() == durationType {
		d, err := ParseDuration(n.text)
		v.SetInt(int64(d))
		return err
	}
	if t, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return unmarshalText(n, t)
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(n.text)
		return nil
	case v.Kind() == reflect.Bool:
		return setBool(n, v)
	case v.CanInt(), v.CanUint(), v.CanFloat():
		return setNumber(n, v)
	}
	return fmt.Errorf("no value of type %s can stand here", v.Type())
}

// unmarshalText replaces the messages of netip, which name functions of Go.
func unmarshalText(n *node, t encoding.TextUnmarshaler) error {
	err := t.UnmarshalText([]byte(n.text))
	if err == nil {
		return nil
	}
	switch t.(type) {
	case *netip.Prefix:
		return fmt.Errorf("%q is not an address with a prefix length, such as 192.0.2.100/32 or 2001:db8::100/128", n.text)
	case *netip.Addr:
		return fmt.Errorf("%q is not an IP address", n.text)
	}
	return err
}

func setBool(n *node, v reflect.Value) error {
	if !n.plain || n.text != "true" && n.text != "false" {
		return fmt.Errorf("true or false is expected here, not %q", n.text)
	}
	v.SetBool(n.text == "true")
	return nil
}

func setNumber(n *node, v reflect.Value) error {
	bits := v.Type().Bits()
	var err error
	switch {
	case !n.plain:
		err = strconv.ErrSyntax
	case v.CanInt():
		var i int64
		i, err = strconv.ParseInt(n.text, 10, bits)
		v.SetInt(i)
	case v.CanUint():
		var u uint64
		u, err = strconv.ParseUint(n.text, 10, bits)
		if _, below := strconv.ParseInt(n.text, 10, 64); err != nil && below == nil {
			err = strconv.ErrRange
		}
		v.SetUint(u)
	default:
		var f float64
		f, err = decimal(n.text)
		v.SetFloat(f)
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%s is out of range; %s is expected here", n.text, within(v))
	case err != nil:
		return fmt.Errorf("%s is expected here, not %q", expected(v.Type()), n.text)
	}
	return nil
}

// within says what range a number is of.
func within(v reflect.Value) string {
	bits := v.Type().Bits()
	switch {
	case v.CanInt():
		return fmt.Sprintf("a whole number from %d to %d", int64(math.MinInt64)>>(64-bits), int64(math.MaxInt64)>>(64-bits))
	case v.CanUint():
		return fmt.Sprintf("a whole number from 0 to %d", uint64(math.MaxUint64)>>(64-bits))
	}
	return expected(v.Type())
}
