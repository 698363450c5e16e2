package scenarios

import (
	"maps"
	"slices"

	"anylab/topologies"
	"anylab/topologies/document"
)

// Schema returns the JSON Schema (draft 2020-12) of a scenario's file.
// faultParams has, for each kind of fault, a pointer to the struct of its
// parameters; nil leaves kinds and parameters open.
func Schema(faultParams map[string]any) ([]byte, error) {
	s := document.SchemaOf(scenarioFile{})
	properties := s["properties"].(map[string]any)
	describe(properties, "topology", map[string]any{"anyOf": []any{
		map[string]any{"type": "string"}, topologies.FileSchema(), amendedSchema(),
	}})
	describe(properties, "trials", trialsSchema())
	describe(properties, "matrix", map[string]any{"oneOf": []any{
		map[string]any{"type": "object", "minProperties": 1, "additionalProperties": map[string]any{"type": "array", "minItems": 1}},
		map[string]any{"type": "array", "minItems": 1, "items": map[string]any{
			"type": "object", "minProperties": 1, "properties": map[string]any{Label: map[string]any{"type": "string"}},
		}},
	}})
	if faultParams != nil {
		describe(properties, "faults", map[string]any{
			"type": "array", "items": map[string]any{"oneOf": faultSchemas(faultParams)},
		})
	}
	return document.MarshalSchema("scenario", s)
}

// amendedSchema is that of a base with changes, which are the keys of a
// topology; of nodes and links, which are named, any part may be given.
func amendedSchema() map[string]any {
	s := topologies.FileSchema()
	properties := s["properties"].(map[string]any)
	for _, named := range []string{"nodes", "links"} {
		properties[named] = map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "object"}}
	}
	properties["base"] = map[string]any{"type": "string", "description": "the name or path of the topology that is changed"}
	s["required"] = []string{"base"}
	return s
}

// describe replaces a property and keeps its description.
func describe(properties map[string]any, key string, schema map[string]any) {
	schema["description"] = properties[key].(map[string]any)["description"]
	properties[key] = schema
}

// faultSchemas has one schema per kind: the keys of all faults and its own.
func faultSchemas(params map[string]any) []any {
	var schemas []any
	for _, kind := range slices.Sorted(maps.Keys(params)) {
		s := document.SchemaOf(faultFile{})
		properties := s["properties"].(map[string]any)
		required := s["required"].([]string)
		properties["kind"] = map[string]any{"const": kind}
		if params[kind] != nil {
			own := document.SchemaOf(params[kind])
			maps.Copy(properties, own["properties"].(map[string]any))
			required = append(required, own["required"].([]string)...)
		}
		s["required"], s["additionalProperties"] = required, false
		schemas = append(schemas, s)
	}
	return schemas
}
