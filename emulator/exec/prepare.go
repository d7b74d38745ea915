package exec

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// node is a relation made ready to run. It may be opened any number of times.
type node interface {
	open(r *run) Operator
	// width is the number of columns of its batches that the plan knows.
	width() int
}

// opener is a node whose batches carry columns that only the data could name, after those of the plan.
type opener interface {
	extra() []*bind.Column
}

// columns is embedded by nodes: what their relation yields.
type columns []*bind.Column

func (c columns) width() int { return len(c) }

// extraOf returns the columns that a node's batches carry beyond its plan's, as far as they are known by now.
func extraOf(n node) func() []*bind.Column {
	if x, ok := n.(opener); ok {
		return x.extra
	}
	return nil
}

// carried is embedded by nodes that hand on their input's extra columns.
type carried struct {
	input node
}

func (c carried) extra() []*bind.Column {
	if x, ok := c.input.(opener); ok {
		return x.extra()
	}
	return nil
}

// prepare compiles a relation and those below it.
func (r *run) prepare(rel bind.Rel) (node, error) {
	n, err := r.prepareOne(rel)
	if err == nil && r.o.Profile != nil {
		n = r.o.Profile.wrap(rel, n)
	}
	return n, err
}

func (r *run) prepareOne(rel bind.Rel) (node, error) {
	switch x := rel.(type) {
	case *bind.Scan:
		return r.prepareScan(x)
	case *bind.Watchlist:
		return r.prepareWatchlist(x)
	case *bind.Datatable:
		return r.prepareDatatable(x)
	case *bind.Range:
		return r.prepareRange(x)
	case *bind.Shared:
		return r.prepareShared(x)
	case *bind.ApplyInput:
		return r.prepareApplyInput(x)
	case *bind.Filter:
		return r.prepareFilter(x)
	case *bind.Project:
		return r.prepareProject(x)
	case *bind.Serialize:
		return r.prepareSerialize(x)
	case *bind.Aggregate:
		return r.prepareAggregate(x)
	case *bind.MakeSeries:
		return r.prepareMakeSeries(x)
	case *bind.Sort:
		return r.prepareSort(x)
	case *bind.Top:
		return r.prepareTop(x)
	case *bind.Take:
		return r.prepareTake(x)
	case *bind.Sample:
		return r.prepareSample(x)
	case *bind.SampleDistinct:
		return r.prepareSampleDistinct(x)
	case *bind.Count:
		return r.prepareCount(x)
	case *bind.Union:
		return r.prepareUnion(x)
	case *bind.Join:
		return r.prepareJoin(x)
	case *bind.Lookup:
		return r.prepareLookup(x)
	case *bind.MvExpand:
		return r.prepareMvExpand(x)
	case *bind.MvApply:
		return r.prepareMvApply(x)
	case *bind.Partition:
		return r.preparePartition(x)
	case *bind.Parse:
		return r.prepareParse(x)
	case *bind.ParseKv:
		return r.prepareParseKv(x)
	case *bind.Evaluate:
		return r.prepareEvaluate(x)
	case *bind.TopNested:
		return r.prepareTopNested(x)
	case *bind.GetSchema:
		return r.prepareGetSchema(x)
	case *bind.Consume:
		return r.prepareConsume(x)
	case *bind.Scanner:
		return r.prepareScanner(x)
	case *bind.Reduce:
		return r.prepareReduce(x)
	case *bind.GraphMatch:
		return r.prepareGraphMatch(x)
	case *bind.GraphTable:
		return r.prepareGraphTable(x)
	case nil:
		return nil, refuse(rel.Span(), "an empty relation")
	}
	return nil, refuse(rel.Span(), "operator %s", plan.OperatorName(rel))
}
