package schema

import (
	"bytes"
	"encoding/json"
)

// bundle puts the definitions of common.json into a schema and points its references at them.
func bundle(own, common []byte) ([]byte, error) {
	var defs struct {
		Definitions json.RawMessage `json:"definitions"`
	}
	if err := json.Unmarshal(common, &defs); err != nil {
		return nil, err
	}
	own = bytes.TrimRight(own, " \n")
	own = bytes.TrimSuffix(own, []byte("}"))
	joined := append(bytes.TrimRight(own, " \n"), `,"definitions":`...)
	joined = append(append(joined, defs.Definitions...), '}')
	joined = bytes.ReplaceAll(joined, []byte(`"common.json#/definitions/`), []byte(`"#/definitions/`))
	var out bytes.Buffer
	if err := json.Indent(&out, joined, "", "  "); err != nil {
		return nil, err
	}
	return append(out.Bytes(), '\n'), nil
}
