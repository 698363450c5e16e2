package document

import (
	"reflect"
	"strings"
	"unicode"
)

// field is what the tags of a struct's field say about it.
type field struct {
	name     string
	index    []int // as for reflect.Value.FieldByIndex: longer than one inside an embedded struct
	required bool
	keyed    bool              // a list whose elements are the values of a mapping, in file order
	tag      reflect.StructTag // default, min, max, enum, doc: read when they are needed, there are many fields
}

func (f field) enum() []string { return strings.Fields(f.tag.Get("enum")) }

// form is a struct type as a mapping of the file. The indexes of its special
// fields are -1 if it has none.
type form struct {
	fields []field
	key    int // gets the key that the value stands under, in a keyed list
	self   int // a Raw that gets the mapping itself
	rest   int // a Raw that gets the keys that no field takes
}

// formOf reads the tags of a struct type.
func formOf(t reflect.Type) form {
	f := form{key: -1, self: -1, rest: -1}
	for i := range t.NumField() {
		sf := t.Field(i)
		name, options, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		switch {
		case sf.Anonymous && options == "inline":
			f.fields = append(f.fields, inlined(sf, i)...)
		case name == "-" || !sf.IsExported():
		case name == "" && options == "key":
			f.key = i
		case name == "" && options == "self":
			f.self = i
		case name == "" && options == "rest":
			f.rest = i
		default:
			f.fields = append(f.fields, fieldOf(sf, i, name, options))
		}
	}
	return f
}

// inlined returns the fields of an embedded struct, whose keys stand among
// those of the struct around it.
func inlined(sf reflect.StructField, index int) []field {
	fields := formOf(sf.Type).fields
	for i := range fields {
		fields[i].index = append([]int{index}, fields[i].index...)
	}
	return fields
}

func fieldOf(sf reflect.StructField, index int, name, options string) field {
	if name == "" {
		name = snake(sf.Name)
	}
	return field{
		name: name, index: []int{index},
		required: strings.Contains(options, "required"),
		keyed:    strings.Contains(options, "keyed"),
		tag:      sf.Tag,
	}
}

// snake turns "FastInterval" into "fast_interval" and "RouterID" into
// "router_id".
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func (f form) names() []string {
	var names []string
	for _, x := range f.fields {
		names = append(names, x.name)
	}
	return names
}

func (f form) lookup(name string) (field, bool) {
	for _, x := range f.fields {
		if x.name == name {
			return x, true
		}
	}
	return field{}, false
}

// KeysOf returns the keys of a mapping that decodes into the struct v.
func KeysOf(v any) []string {
	return formOf(reflect.Indirect(reflect.ValueOf(v)).Type()).names()
}
