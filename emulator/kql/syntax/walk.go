package syntax

// Walk visits a node and, when visit returns true, all that is in it, in the order of the fields, which is that of the text but
// for a few operators. Missing parts are not visited. A Query is visited by walking its statements.
func Walk(n Node, visit func(Node) bool) {
	if visit(n) {
		children(n, visit)
	}
}

func walkAll[T Node](list []T, visit func(Node) bool) {
	for _, n := range list {
		Walk(n, visit)
	}
}

func walkExprs(visit func(Node) bool, list ...Expr) {
	for _, n := range list {
		if n != nil {
			Walk(n, visit)
		}
	}
}

func walkName(n *Name, visit func(Node) bool) {
	if n != nil {
		Walk(n, visit)
	}
}

// children walks what is in a node.
func children(n Node, visit func(Node) bool) {
	switch n := n.(type) {
	case *Parameter:
		walkName(n.Name, visit)
		walkExprs(visit, n.Value)
	case *LetStatement:
		walkName(n.Name, visit)
		walkExprs(visit, n.Value)
	case *SetStatement:
		walkName(n.Name, visit)
		walkExprs(visit, n.Value)
	case *AliasStatement:
		walkName(n.Name, visit)
		walkExprs(visit, n.Value)
	case *QueryParametersStatement:
		walkAll(n.Parameters, visit)
	case *PatternStatement:
		walkName(n.Name, visit)
		walkAll(n.Parameters, visit)
		if n.Path != nil {
			Walk(n.Path, visit)
		}
		walkAll(n.Rules, visit)
	case *PatternRule:
		walkAll(n.Arguments, visit)
		walkExprs(visit, n.Path)
		if n.Body != nil {
			Walk(n.Body, visit)
		}
	case *RestrictStatement:
		walkAll(n.Entities, visit)
		walkAll(n.Properties, visit)
	case *QueryStatement:
		walkExprs(visit, n.Expr)
	case *FunctionDeclaration:
		walkAll(n.Parameters, visit)
		if n.Body != nil {
			Walk(n.Body, visit)
		}
	case *FunctionParameter:
		walkName(n.Name, visit)
		if n.Type != nil {
			Walk(n.Type, visit)
		}
		walkExprs(visit, n.Default)
	case *FunctionBody:
		walkAll(n.Statements, visit)
		walkExprs(visit, n.Expr)
	case *SchemaType:
		walkAll(n.Columns, visit)
	case *ColumnDeclaration:
		walkName(n.Name, visit)
		if n.Type != nil {
			Walk(n.Type, visit)
		}
	case *NameRef:
		walkName(n.Name, visit)
	case *PathExpr:
		walkExprs(visit, n.Target, n.Selector)
	case *ElementExpr:
		walkExprs(visit, n.Target, n.Index)
	case *CallExpr:
		walkName(n.Name, visit)
		walkAll(n.Parameters, visit)
		walkAll(n.Args, visit)
	case *NamedExpr:
		walkAll(n.Names, visit)
		walkExprs(visit, n.Expr)
	case *UnaryExpr:
		walkExprs(visit, n.X)
	case *BinaryExpr:
		walkExprs(visit, n.X, n.Y)
	case *InExpr:
		walkExprs(visit, n.X)
		walkAll(n.List, visit)
	case *BetweenExpr:
		walkExprs(visit, n.X, n.Low, n.High)
	case *ParenExpr:
		walkExprs(visit, n.X)
	case *BracketedExpr:
		walkExprs(visit, n.X)
	case *ListExpr:
		walkAll(n.Items, visit)
	case *OrderedExpr:
		walkExprs(visit, n.Expr)
	case *PipeExpr:
		walkExprs(visit, n.Source)
		walkAll(n.Operators, visit)
	case *OperatorExpr:
		if n.Operator != nil {
			Walk(n.Operator, visit)
		}
	case *DataTableExpr:
		walkAll(n.Parameters, visit)
		if n.Schema != nil {
			Walk(n.Schema, visit)
		}
		walkAll(n.Values, visit)
	case *ExternalDataExpr:
		walkAll(n.Parameters, visit)
		if n.Schema != nil {
			Walk(n.Schema, visit)
		}
		walkAll(n.Uris, visit)
		walkAll(n.Properties, visit)
	case *ContextualDataTableExpr:
		walkExprs(visit, n.ID)
		if n.Schema != nil {
			Walk(n.Schema, visit)
		}
	case *EntityGroupExpr:
		walkAll(n.Entities, visit)
	case *MaterializedViewCombineExpr:
		walkExprs(visit, n.View, n.Base, n.Delta)
		if n.Aggregations != nil {
			Walk(n.Aggregations, visit)
		}
	case *TypeOfExpr:
		walkAll(n.Types, visit)
		if n.Schema != nil {
			Walk(n.Schema, visit)
		}
	case *ScopedExpr:
		walkExprs(visit, n.X)
	case *FilterOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Predicate)
	case *ExtendOperator:
		walkAll(n.Columns, visit)
	case *ProjectOperator:
		walkAll(n.Columns, visit)
	case *ProjectAwayOperator:
		walkAll(n.Columns, visit)
	case *ProjectKeepOperator:
		walkAll(n.Columns, visit)
	case *ProjectRenameOperator:
		walkAll(n.Columns, visit)
	case *ProjectReorderOperator:
		walkAll(n.Columns, visit)
	case *ProjectByNamesOperator:
		walkAll(n.Columns, visit)
	case *SummarizeOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Aggregates, visit)
		walkAll(n.Groups, visit)
		walkExprs(visit, n.Bin)
	case *DistinctOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Columns, visit)
	case *CountOperator:
		walkAll(n.Parameters, visit)
		walkName(n.Name, visit)
	case *SortOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Columns, visit)
	case *TopOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Count, n.By)
	case *TopHittersOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Count, n.Of, n.By)
	case *TopNestedOperator:
		walkAll(n.Clauses, visit)
	case *TopNestedClause:
		walkExprs(visit, n.Count, n.Of, n.Others, n.By)
	case *TakeOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Count)
	case *SampleOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Count)
	case *SampleDistinctOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Count, n.Of)
	case *UnionOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Tables, visit)
	case *JoinOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Right)
		walkAll(n.On, visit)
		walkExprs(visit, n.Where)
	case *LookupOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Right)
		walkAll(n.On, visit)
	case *MvExpandOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Columns, visit)
		walkExprs(visit, n.Limit)
	case *ToTypeOf:
		walkExprs(visit, n.Expr)
		if n.Type != nil {
			Walk(n.Type, visit)
		}
	case *MvApplyOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Columns, visit)
		walkExprs(visit, n.Limit, n.ContextID, n.Subquery)
	case *ParseOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Input)
		walkAll(n.Pattern, visit)
	case *ParseColumn:
		walkName(n.Name, visit)
		if n.Type != nil {
			Walk(n.Type, visit)
		}
	case *ParseKvOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Input)
		if n.Schema != nil {
			Walk(n.Schema, visit)
		}
		walkAll(n.Properties, visit)
	case *MakeSeriesOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Aggregates, visit)
		walkExprs(visit, n.On, n.From, n.To, n.Step)
		walkAll(n.Groups, visit)
	case *MakeSeriesAggregate:
		walkExprs(visit, n.Expr, n.Default)
	case *SerializeOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Columns, visit)
	case *PrintOperator:
		walkAll(n.Columns, visit)
	case *RangeOperator:
		walkName(n.Name, visit)
		walkExprs(visit, n.From, n.To, n.Step)
	case *EvaluateOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Call)
		if n.Schema != nil {
			Walk(n.Schema, visit)
		}
	case *RenderOperator:
		walkName(n.Chart, visit)
		walkAll(n.Properties, visit)
	case *AsOperator:
		walkAll(n.Parameters, visit)
		walkName(n.Name, visit)
	case *InvokeOperator:
		walkExprs(visit, n.Call)
	case *GetSchemaOperator:
		walkAll(n.Parameters, visit)
	case *ConsumeOperator:
		walkAll(n.Parameters, visit)
	case *AssertSchemaOperator:
		if n.Schema != nil {
			Walk(n.Schema, visit)
		}
	case *ForkOperator:
		walkAll(n.Prongs, visit)
	case *ForkProng:
		walkName(n.Name, visit)
		walkExprs(visit, n.Subquery)
	case *FacetOperator:
		walkAll(n.Columns, visit)
		walkExprs(visit, n.Subquery)
	case *PartitionOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.By, n.Scope, n.Subquery)
	case *PartitionByOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.By, n.ID, n.Subquery)
	case *ReduceOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.By)
		walkAll(n.Properties, visit)
	case *ScanOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.OrderBy, visit)
		walkAll(n.PartitionBy, visit)
		walkAll(n.Declare, visit)
		walkAll(n.Steps, visit)
	case *ScanStep:
		walkName(n.Name, visit)
		walkExprs(visit, n.Condition)
		walkAll(n.Assignments, visit)
	case *ScanAssignment:
		walkName(n.Name, visit)
		walkExprs(visit, n.Value)
	case *MacroExpandOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Group)
		walkName(n.Scope, visit)
		walkAll(n.Statements, visit)
	case *SearchOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Tables, visit)
		walkExprs(visit, n.Predicate)
	case *FindOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Tables, visit)
		walkExprs(visit, n.Predicate)
		walkAll(n.Project, visit)
		walkAll(n.ProjectAway, visit)
	case *FindColumn:
		walkName(n.Name, visit)
		if n.Type != nil {
			Walk(n.Type, visit)
		}
	case *MakeGraphOperator:
		walkAll(n.Parameters, visit)
		walkName(n.Source, visit)
		walkName(n.Target, visit)
		walkAll(n.Tables, visit)
		walkName(n.NodeID, visit)
		walkExprs(visit, n.PartitionedBy, n.Subquery)
	case *MakeGraphTable:
		walkExprs(visit, n.Table)
		walkName(n.Key, visit)
	case *GraphMatchOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Patterns, visit)
		walkExprs(visit, n.Where)
		walkAll(n.Project, visit)
	case *GraphShortestPathsOperator:
		walkAll(n.Parameters, visit)
		walkAll(n.Patterns, visit)
		walkExprs(visit, n.Where)
		walkAll(n.Project, visit)
	case *GraphPattern:
		walkAll(n.Elements, visit)
	case *GraphElement:
		walkName(n.Name, visit)
		walkExprs(visit, n.Low, n.High)
	case *GraphToTableOperator:
		walkAll(n.Outputs, visit)
	case *GraphOutput:
		walkName(n.Name, visit)
		walkAll(n.Parameters, visit)
	case *GraphMarkComponentsOperator:
		walkAll(n.Parameters, visit)
	case *GraphWhereNodesOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Predicate)
	case *GraphWhereEdgesOperator:
		walkAll(n.Parameters, visit)
		walkExprs(visit, n.Predicate)
	}
}
