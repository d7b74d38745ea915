package exec

import (
	"context"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// Profile counts what each operator yielded. While it is filled, nothing runs in parallel.
type Profile struct {
	Operators []*OperatorProfile // inputs before the operators that read them
}

// OperatorProfile is what one operator did. Time includes that of its inputs.
type OperatorProfile struct {
	Name    string
	At      source.Span
	Rel     bind.Rel
	Rows    int64
	Batches int64
	Opened  int64
	Time    time.Duration
	// Keep asks that the batches be kept for Kept.
	Keep bool
	Kept []*Batch
}

func (p *Profile) wrap(rel bind.Rel, n node) node {
	o := &OperatorProfile{Name: plan.OperatorName(rel), At: rel.Span(), Rel: rel}
	p.Operators = append(p.Operators, o)
	return &profiled{columns: rel.Columns(), carried: carried{n}, o: o}
}

type profiled struct {
	columns
	carried
	o *OperatorProfile
}

func (n *profiled) open(r *run) Operator {
	n.o.Opened++
	return &profiledOp{in: r.open(n.input), o: n.o}
}

type profiledOp struct {
	in Operator
	o  *OperatorProfile
}

func (p *profiledOp) Next(ctx context.Context) (*Batch, error) {
	start := time.Now()
	b, err := p.in.Next(ctx)
	p.o.Time += time.Since(start)
	if b != nil {
		p.o.Rows += int64(b.N)
		p.o.Batches++
		if p.o.Keep {
			p.o.Kept = append(p.o.Kept, b)
		}
	}
	return b, err
}

func (p *profiledOp) Close() { p.in.Close() }
