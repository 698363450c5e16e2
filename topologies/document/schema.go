package document

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// MarshalSchema writes a schema with its heading; name is the kind of file.
func MarshalSchema(name string, schema map[string]any) ([]byte, error) {
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "anylab " + name
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema of a %s: %w", name, err)
	}
	return append(text, '\n'), nil
}

// SchemaOf returns the schema of a mapping that decodes into the struct v,
// made from the tags that the decoder obeys.
func SchemaOf(v any) map[string]any {
	return schemaOfStruct(reflect.Indirect(reflect.ValueOf(v)).Type())
}

func schemaOfStruct(t reflect.Type) map[string]any {
	f := formOf(t)
	properties := map[string]any{}
	required := []string{}
	for _, x := range f.fields {
		properties[x.name] = schemaOfField(t.FieldByIndex(x.index).Type, x)
		if x.required {
			required = append(required, x.name)
		}
	}
	return map[string]any{
		"type": "object", "properties": properties, "required": required,
		"additionalProperties": f.rest >= 0,
	}
}

func schemaOfField(t reflect.Type, x field) map[string]any {
	s := schemaOfType(t)
	if x.keyed {
		s = map[string]any{"type": "object", "additionalProperties": schemaOfType(t.Elem())}
	}
	if len(x.enum()) > 0 {
		s["enum"] = x.enum()
	}
	if x.tag.Get("doc") != "" {
		s["description"] = x.tag.Get("doc")
	}
	numeric := s["type"] == "integer" || s["type"] == "number"
	if v, err := strconv.ParseFloat(x.tag.Get("min"), 64); err == nil && numeric {
		s["minimum"] = v
	}
	if v, err := strconv.ParseFloat(x.tag.Get("max"), 64); err == nil && numeric {
		s["maximum"] = v
	}
	if x.tag.Get("default") != "" {
		s["default"] = x.tag.Get("default")
		if v, err := strconv.ParseFloat(x.tag.Get("default"), 64); err == nil && numeric {
			s["default"] = v
		}
	}
	return s
}

func schemaOfType(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	zero := reflect.New(t).Interface()
	switch v := zero.(type) {
	case *Raw:
		return map[string]any{}
	case interface {
		Example() (pattern, example string)
	}:
		pattern, example := v.Example()
		return map[string]any{"type": "string", "pattern": pattern, "examples": []string{example}}
	case interface{ Types() []string }:
		return map[string]any{"type": v.Types()}
	case interface{ Words() []string }:
		words := map[string]any{"enum": v.Words()}
		if t.Kind() == reflect.Struct {
			return map[string]any{"anyOf": []any{schemaOfStruct(t), words}}
		}
		return words
	}
	switch {
	case t == durationType:
		return map[string]any{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`, "examples": []string{"50ms"}}
	case reflect.PointerTo(t).Implements(textType):
		return map[string]any{"type": "string"}
	case isOneOrMore(t):
		item := schemaOfType(t.Elem())
		return map[string]any{"anyOf": []any{item, map[string]any{"type": "array", "items": item}}}
	}
	return schemaOfKind(t)
}

func schemaOfKind(t reflect.Type) map[string]any {
	switch {
	case t.Kind() == reflect.Struct:
		return schemaOfStruct(t)
	case t.Kind() == reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOfType(t.Elem())}
	case t.Kind() == reflect.Bool:
		return map[string]any{"type": "boolean"}
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return map[string]any{"type": "integer"}
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}
