package sentinel

import "time"

// Options are the points at which the service's behaviour is not documented, or has changed, each with the model's
// default. docs/assumptions.md is generated from Assumptions; numbers of facts are those of docs/sentinel-facts.md.
type Options struct {
	// Delay is how long after a window's end the query runs.
	Delay time.Duration
	// ClosedWindow includes events exactly at the window's end, so tiled windows share their border.
	ClosedWindow bool
	// FirstRunWaits: the first run of an enabled rule also executes Delay after its window's end.
	FirstRunWaits bool
	// ReanchorOnEnable: enabling a rule again starts a new grid at that instant.
	ReanchorOnEnable bool
	// ThresholdGatesPerResult: the trigger threshold also decides whether AlertPerResult raises anything.
	ThresholdGatesPerResult bool
	// Retries is how often a failed run is tried again on the same window, and RetryAfter the waits before each.
	Retries    int
	RetryAfter []time.Duration
	// PermanentFailures is the number of consecutive permanent failures of one kind after which a rule is disabled.
	PermanentFailures int
	// HealthWhenSuppressed writes a SentinelHealth row for a run that suppression skips.
	HealthWhenSuppressed bool
	// EmptyEntitiesMatch lets alerts without entities share an incident under AllEntities.
	EmptyEntitiesMatch bool
	// SubsetEntitiesMatch lets an alert whose entities are all in the incident join it under AllEntities.
	SubsetEntitiesMatch bool
	// RaiseSeverity raises an incident's severity when a graver alert joins; otherwise the first alert's stays.
	RaiseSeverity bool
	// SplitFullUPN gives an Account mapped with a full UPN in Name the prefix as Name and the rest as UPNSuffix.
	SplitFullUPN bool
	// WholeFormatFallsBack: a name or description format with one empty placeholder reverts to the rule's text as a whole.
	WholeFormatFallsBack bool
	// SeverityAnyCase takes a severity column's value in any case; otherwise only the exact spelling counts.
	SeverityAnyCase bool
	// CollectionsOfAllRows: an override column of a list (tactics, techniques, links) takes the distinct values of all rows
	// of a single alert; otherwise the first row's, as other columns do.
	CollectionsOfAllRows bool
	// IncidentDelay is how long after its alerts an incident is made or changed.
	IncidentDelay time.Duration
	// Defender is the mode of a workspace joined to the Defender portal.
	Defender bool
	// NRTDelay, NRTSlice and NRTLookback shape a near-real-time run: it covers rows ingested in the slice that ended NRTDelay
	// ago, with TimeGenerated no older than NRTLookback.
	NRTDelay, NRTSlice, NRTLookback time.Duration
	// NRTCatchUp is how many failed minutes the next near-real-time run makes up for.
	NRTCatchUp int
	// ReplaceTimeGeneratedAfter: an event older than this on arrival gets its arrival time as TimeGenerated; zero turns it off.
	ReplaceTimeGeneratedAfter time.Duration
	// ReplaceTimeGeneratedAhead: the same for an event whose time is further ahead of its arrival than this.
	ReplaceTimeGeneratedAhead time.Duration
}

// DefaultOptions returns the reference model.
func DefaultOptions() Options {
	return Options{
		Delay:                     5 * time.Minute,
		FirstRunWaits:             true,
		ReanchorOnEnable:          true,
		ThresholdGatesPerResult:   true,
		Retries:                   5,
		RetryAfter:                []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute},
		PermanentFailures:         5,
		SplitFullUPN:              true,
		WholeFormatFallsBack:      true,
		CollectionsOfAllRows:      true,
		NRTDelay:                  2 * time.Minute,
		NRTSlice:                  time.Minute,
		NRTLookback:               12 * time.Hour,
		NRTCatchUp:                60,
		ReplaceTimeGeneratedAfter: 48 * time.Hour,
		ReplaceTimeGeneratedAhead: 24 * time.Hour,
	}
}

// Assumption is one point that the model had to decide, for people to read.
type Assumption struct {
	Option  string // field of Options
	Facts   string // fact numbers, for instance "S9"
	Says    string // what the model does by default
	Instead string // what the option changes it to
}

// Assumptions lists the model's decisions in the order of Options.
func Assumptions() []Assumption {
	return []Assumption{
		{"Delay", "S5, S6", "a query runs five minutes after its window's end and sees what has been ingested by then", "another delay; zero shows what a service without it would miss"},
		{"ClosedWindow", "S11", "a window holds its start and not its end, so windows that tile never share an event", "both ends belong to the window"},
		{"FirstRunWaits", "S9", "the first run covers one period back from creation and executes after the delay like every other", "the first run executes at creation"},
		{"ReanchorOnEnable", "S10", "enabling a rule again starts its grid at that instant; editing it keeps the grid", "the first grid is kept for ever"},
		{"ThresholdGatesPerResult", "S42", "the threshold decides for both kinds of event grouping", "AlertPerResult ignores the threshold"},
		{"Retries", "S23, S24", "a run that fails for a passing reason is tried five more times on the same window, 1, 2, 4, 8 and 15 minutes apart", "another number, other waits"},
		{"PermanentFailures", "S26", "five permanent failures of one kind in a row disable the rule", "another number"},
		{"HealthWhenSuppressed", "S66", "a run that suppression skips leaves no SentinelHealth row", "it leaves one"},
		{"EmptyEntitiesMatch", "S105", "an alert without entities never joins another under AllEntities", "alerts without entities share an incident"},
		{"SubsetEntitiesMatch", "S105", "AllEntities wants the same entities exactly", "an alert whose entities are all in the incident joins it"},
		{"RaiseSeverity", "S110", "an incident keeps the severity of its first alert", "a graver alert raises it"},
		{"SplitFullUPN", "S76", "an Account whose Name holds a full UPN gets the prefix as Name and the rest as UPNSuffix (since 2026-07-01)", "the value stays as it is"},
		{"WholeFormatFallsBack", "S82", "a format with one empty placeholder gives way to the rule's own text", "the empty placeholder becomes nothing"},
		{"SeverityAnyCase", "S84", "a severity column counts when it spells High, Medium, Low or Informational exactly", "any case counts"},
		{"CollectionsOfAllRows", "S83, S85", "a column of tactics, techniques or links counts with the distinct values of all rows of an alert, up to 50, any other column with the first row's", "the first row's value counts for all"},
		{"IncidentDelay", "S114", "an incident is there at the instant of its alert", "another delay"},
		{"Defender", "S141 to S147", "the workspace shows incidents in the Azure portal", "the Defender portal: closed incidents never reopen, alerts without incident are hidden"},
		{"NRTDelay", "S49, S50", "a near-real-time run covers the minute of ingestion that ended two minutes before it", "another delay"},
		{"NRTSlice", "S49, S52", "a near-real-time run sees one minute of ingestion", "another slice"},
		{"NRTLookback", "S51", "near-real-time rules ignore events that are twelve hours old on arrival", "another bound"},
		{"NRTCatchUp", "S57", "up to sixty failed near-real-time runs are made up for by the next", "another number"},
		{"ReplaceTimeGeneratedAfter", "S139", "an event more than two days old on arrival gets its arrival time as TimeGenerated", "another age; zero leaves times as they are"},
		{"ReplaceTimeGeneratedAhead", "S139", "an event whose time is more than a day ahead of its arrival gets its arrival time", "another span; zero leaves times as they are"},
	}
}
