package exec

import "github.com/seed-caab1ad3/blindspot/emulator/kql/bind"

func (r *run) prepareEvaluate(x *bind.Evaluate) (node, error) {
	return nil, refuse(x.At, "plugin %s", x.Plugin)
}
