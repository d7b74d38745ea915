package exec

import "github.com/seed-caab1ad3/blindspot/emulator/kql/bind"

// prepareReduce refuses: how reduce clusters its texts is not documented well enough to give the same patterns.
func (r *run) prepareReduce(x *bind.Reduce) (node, error) {
	return nil, refuse(x.At, "operator reduce")
}
