// Package workbook runs Azure workbooks: a workbook's JSON and an engine come in; out come its pages with the results of
// their queries, findings about what would not work in the portal, and a page of HTML.
//
// It knows parameters (text, drop-down, time range, resource, options group), tabs, groups, conditional visibility, exported
// parameters, and the visualisations that sign-in workbooks use. Metrics, and parameters of other kinds, are named and shown
// as placeholders. Running queries is the engine's; reading files is package content's.
package workbook
