package deploy

import (
	"errors"
	"fmt"
)

// readable says whether a resource that was kept in a file is one that this program can have written.
func (r *Resource) readable() error {
	switch {
	case r == nil:
		return errors.New("a resource is missing")
	case r.Kind.info() == nil:
		return fmt.Errorf("the kind %q is not known", r.Kind)
	case r.ID == "":
		return fmt.Errorf("a resource of the kind %q has no id", r.Kind)
	}
	if _, ok := r.Body["properties"].(map[string]any); !ok {
		return fmt.Errorf("the %s %q has no properties", r.Kind, r.ID)
	}
	return nil
}
