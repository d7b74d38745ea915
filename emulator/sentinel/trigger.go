package sentinel

// Trigger decides whether a run's number of result rows raises an alert (fact S36). Near-real-time rules have none: any
// row raises one.
type Trigger struct {
	Operator  string // GreaterThan, LessThan, Equal, NotEqual
	Threshold int
}

// Fires reports whether n rows satisfy the trigger. An operator that is none of the four never fires.
func (t Trigger) Fires(n int) bool {
	switch t.Operator {
	case "GreaterThan":
		return n > t.Threshold
	case "LessThan":
		return n < t.Threshold
	case "Equal":
		return n == t.Threshold
	case "NotEqual":
		return n != t.Threshold
	}
	return false
}

// Words says the trigger as a sentence's part: "more than 5 rows".
func (t Trigger) Words() string {
	switch t.Operator {
	case "GreaterThan":
		return "more than " + rowsOf(t.Threshold)
	case "LessThan":
		return "fewer than " + rowsOf(t.Threshold)
	case "Equal":
		return "exactly " + rowsOf(t.Threshold)
	case "NotEqual":
		return "any number of rows but " + rowsOf(t.Threshold)
	}
	return "nothing: the operator is " + t.Operator
}
