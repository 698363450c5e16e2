package scenarios

import "anylab/topologies/document"

// InternetSchema returns the JSON Schema (draft 2020-12) of a scenario of the Internet.
func InternetSchema() ([]byte, error) {
	s := document.SchemaOf(internetFile{})
	properties := s["properties"].(map[string]any)
	topology := properties["topology"].(map[string]any)
	inner := topology["properties"].(map[string]any)
	for _, key := range []string{"mrai", "processing"} {
		describe(inner, key, map[string]any{"anyOf": []any{
			map[string]any{"type": "string"},
			map[string]any{"type": "object", "minProperties": 1, "additionalProperties": map[string]any{"type": "string"}},
		}})
	}
	describe(properties, "topology", map[string]any{"anyOf": []any{map[string]any{"type": "string"}, topology}})
	describe(properties, "matrix", map[string]any{
		"type": "object", "minProperties": 1, "additionalProperties": map[string]any{"type": "array", "minItems": 1},
	})
	return document.MarshalSchema("scenario of the Internet", s)
}
