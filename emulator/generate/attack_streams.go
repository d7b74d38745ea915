package generate

// The attacks on the streams themselves (group F). They change benign rows and leave no rows of their own.

func (l *layer) mute(kind, table, column string, from, to ticks) {
	l.w.muted = append(l.w.muted, mute{kind, table, column, from, to})
	l.entity("Table", table)
	if column != "" {
		l.entity("Column", column)
	}
	l.span(from)
	l.span(to)
}

// a stream stops for the last eight hours.
func layF1(l *layer) {
	table := []string{tableBackground, tablePrincipal, tableIdentity}[l.r.IntN(3)]
	l.mute("silent", table, "", l.w.end()-8*hour, l.w.end())
}

// every row of a stream's last day arrives 66 to 96 minutes late, more than an overlap of an hour forgives.
func layF2(l *layer) {
	table := []string{tableBackground, tablePrincipal, tableIdentity}[l.r.IntN(3)]
	l.mute("late", table, "", l.w.end()-day, l.w.end())
}

// nearly every row of a stream's last day loses the content of a column; the rows of other attacks keep theirs.
func layF4(l *layer) {
	table := []string{tableSignin, tableBackground}[l.r.IntN(2)]
	column := []string{"AuthenticationDetails", "LocationDetails", "UserAgent"}[l.r.IntN(3)]
	l.mute("emptied", table, column, l.w.end()-day, l.w.end())
}
