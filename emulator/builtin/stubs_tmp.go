package builtin
func comparisonKernels() []Scalar { return nil }
func stringPredicateKernels() []Scalar { return nil }
func logicKernels() []Scalar { return nil }
func arithmeticKernels() []Scalar { return nil }
func conversionKernels() []Scalar { return nil }
