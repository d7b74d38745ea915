package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/content/nearest"
)

// topics are pages of help that belong to no command.
var topics = map[string]string{
	"exit-codes": `Every command ends with one of these:

     0   well
     1   findings, failed tests, drift; with --check or --diff: something would change
     2   used wrongly, or content that cannot be read
     4   not signed in, or not allowed
     5   the service refused, or a plan was applied in part
    70   a bug of ours; the message says what to report
   130   interrupted with Ctrl-C

'blindspot plan --detailed-exitcode' ends with 0 when nothing is to be done, 1 on errors, 2 when there are changes.
A pipe that is closed on the other side ends a command silently.
`,
	"environment": `Variables that are read; none is needed.

   BLINDSPOT_COLOR, BLINDSPOT_QUIET, BLINDSPOT_JOBS, BLINDSPOT_MIN_SCORE, BLINDSPOT_WORKSPACE
                             stand for the flags of these names; see 'blindspot help configuration'
   XDG_CONFIG_HOME           the folder in which blindspot/config.yaml lies, unless it is ~/.config; on Windows it is AppData
   NO_COLOR                  not empty: no colour in --color auto
   CLICOLOR                  0: no colour in --color auto
   FORCE_COLOR               not empty and not 0: colour also where no terminal is; CLICOLOR_FORCE is the same
   TERM                      dumb: no colour, no progress bars
   CI                        not empty: no colour, no progress bars
   GOGC, GOMEMLIMIT          how often memory is collected; commands over content collect less often unless one is set
   GITHUB_STEP_SUMMARY       validate and test with --format github add the whole list to this file
   AGENT_TEMPDIRECTORY       validate --format azure writes the whole list here and has it shown as a page of the run
   BLINDSPOT_SERVE_SECRET    the client secret that serve demands

   AZURE_TENANT_ID           signing in to a workspace: the tenant,
   AZURE_CLIENT_ID             the application,
   AZURE_CLIENT_SECRET         its secret, which is never read from a file or a flag,
   AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD   or its certificate
   AZURE_FEDERATED_TOKEN_FILE  or the token of a workload identity
   IDENTITY_ENDPOINT, IDENTITY_HEADER   set by Azure where a managed identity can be used
   AZURE_AUTHORITY_HOST      who gives tokens, for clouds of one's own

Nothing is sent anywhere that was not named: there is no telemetry and no look for updates.
`,
	"configuration": `A flag goes before a variable, a variable before blindspot.yaml, that before your own file, that before the default.
'blindspot config show' names each value and where it comes from.

blindspot.yaml is the nearest one in the folder of the content, or above it. It belongs to the repository:

   workspaces:
     prod: { subscription: GUID, resourceGroup: soc, workspace: sentinel, tenant: GUID }
   values: { tier0: "Domain Admins" }          values of placeholders, for all workspaces
   checks: { overlap: off, all: error }        levels: error, warning, info, off
   paths:
     content/hunting/**: { missing-tests: off }
   defaults: { jobs: 2, min-score: 80 }        flags that need not be typed

Your own file is ~/.config/blindspot/config.yaml, below XDG_CONFIG_HOME when that is set, or
%AppData%\blindspot\config.yaml. It has defaults: and workspaces: only; what content is judged by belongs to the
repository, so that everybody finds the same.

   defaults: { color: never, workspace: dev }
   workspaces:
     dev: { url: "http://127.0.0.1:8470" }

defaults: takes color, quiet, jobs (of commands that compute), min-score (of test) and workspace (of commands that cannot
do without one; a query, a test or a backtest leaves the machine only by a flag). A key that nothing reads is an error.
'blindspot schema config' prints the JSON Schema for editors.
`,
	"formats": `What --format takes. JSON documents begin with "schemaVersion"; fields may be added, none is removed or changes
its meaning within a version. 'blindspot schema report.validate' and its kin print their JSON Schemas.

{formats}
   sarif       2.1.0 with all that GitHub's code scanning requires; fingerprints do not change when lines move
   github      annotations, at most ten of a kind; the rest is counted, and all of them are in the job's summary
   azure       logging commands of Azure Pipelines, and a page of the run
   gitlab      a code quality report
   junit       for every CI that shows test results
   markdown    for a job's summary or a comment on a pull request
   jsonl       of query and generate rows; of commands that take long an event a line, as it happens: each has
               "schemaVersion" and "event", and the last one is summary, outcome or error

A command that fails before it has a document prints {"error":{"message":"..."},"schemaVersion":1} when JSON was asked for.
query --format json has the shape of the service's own answers and no version.
`,
}

// topicText is a page of help on a topic.
func topicText(name string) string {
	if name != "formats" {
		return topics[name]
	}
	var b strings.Builder
	var walk func(before string, list []*cli.Command)
	walk = func(before string, list []*cli.Command) {
		for _, c := range list {
			for _, f := range c.Flags {
				if formats := formatsOf(f); formats != nil {
					fmt.Fprintf(&b, "   %-16s %s\n", before+c.Name, strings.Join(formats, ", "))
				}
			}
			walk(before+c.Name+" ", c.Subcommands)
		}
	}
	walk("", commands())
	return strings.Replace(topics[name], "{formats}\n", b.String()+"\n", 1)
}

func helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show help for a command, or on configuration, environment, exit-codes, formats",
		ArgsUsage: "[COMMAND|TOPIC]",
		Description: `Examples:
   blindspot help validate
   blindspot help exit-codes`,
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return cli.ShowAppHelp(c)
			}
			word := c.Args().First()
			if _, ok := topics[word]; ok {
				_, err := fmt.Fprint(c.App.Writer, topicText(word))
				return err
			}
			names := topicNames()
			for _, k := range c.App.Commands {
				if !k.HasName(word) {
					names = append(names, k.Name)
					continue
				}
				if sub := c.Args().Get(1); sub != "" {
					for _, s := range k.Subcommands {
						if s.HasName(sub) {
							return c.App.RunContext(c.Context, []string{c.App.Name, word, sub, "--help"})
						}
					}
					return fail(exitUsage, "%q is no command of %s; 'blindspot help %s' lists them", sub, word, word)
				}
				return c.App.RunContext(c.Context, []string{c.App.Name, word, "--help"})
			}
			if n := nearest.Of(word, names); n != "" {
				return fail(exitUsage, "there is no help on %q; the nearest is %q", word, n)
			}
			return fail(exitUsage, "there is no help on %q; topics are %s, and every command", word, strings.Join(topicNames(), ", "))
		},
	}
}

// firstWords is what the bare command prints: what to type first, and which commands there are.
func firstWords(c *cli.Context) error {
	var b strings.Builder
	b.WriteString(`Microsoft Sentinel content as code: validate, test, backtest, deploy.

   blindspot validate                 check the rules of ./content (or the shipped pack)
   blindspot test                     run every rule's tests in the emulator
   blindspot new repo my-content      a repository that validates and passes at once
   blindspot generate --out data      write a day of sample sign-in events
   blindspot query --data data 'SigninLogs | summarize count() by ResultType'

`)
	var names []string
	for _, k := range c.App.Commands {
		names = append(names, k.Name)
	}
	for i, line := range wrapped("Commands: "+strings.Join(names, ", "), 78) {
		if i > 0 {
			line = "   " + line
		}
		b.WriteString(line + "\n")
	}
	b.WriteString("\n'blindspot help' says what each does, 'blindspot help COMMAND' how.\n")
	_, err := fmt.Fprint(c.App.Writer, b.String())
	return err
}

func topicNames() []string {
	var names []string
	for n := range topics {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
