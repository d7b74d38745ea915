package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell",
		ArgsUsage: "bash|zsh|fish|powershell",
		Description: `Examples:
   source <(blindspot completion bash)
   blindspot completion fish > ~/.config/fish/completions/blindspot.fish
   blindspot completion powershell | Out-String | Invoke-Expression`,
		Action: func(c *cli.Context) error {
			script, ok := completions[strings.ToLower(c.Args().First())]
			if !ok {
				return fail(exitUsage, "name a shell: bash, zsh, fish or powershell")
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}

// The scripts ask the program itself, through the hidden flag that the command line library answers.
var completions = map[string]string{
	"bash": `_blindspot() {
  local cur words
  COMPREPLY=()
  cur="${COMP_WORDS[COMP_CWORD]}"
  words=("${COMP_WORDS[@]:0:$COMP_CWORD}")
  if [[ "$cur" == -* ]]; then words+=("$cur"); fi
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$cur"))
  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$cur"))
}
complete -o filenames -F _blindspot blindspot
`,
	"zsh": `#compdef blindspot
_blindspot() {
  local -a options
  local current=${words[-1]}
  if [[ "$current" == -* ]]; then
    options=("${(@f)$(${words[@]:0:#words[@]-1} ${current} --generate-bash-completion 2>/dev/null)}")
  else
    options=("${(@f)$(${words[@]:0:#words[@]-1} --generate-bash-completion 2>/dev/null)}")
  fi
  if [[ -n "${options[1]}" ]]; then _describe 'values' options; else _files; fi
}
compdef _blindspot blindspot
`,
	"fish": `function __blindspot_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  if string match -q -- '-*' $current
    $words $current --generate-bash-completion 2>/dev/null
  else
    $words --generate-bash-completion 2>/dev/null
  end
end
complete -c blindspot -a '(__blindspot_complete)'
`,
	"powershell": `Register-ArgumentCompleter -Native -CommandName blindspot -ScriptBlock {
  param($word, $ast, $position)
  $words = $ast.CommandElements | ForEach-Object { $_.ToString() }
  if ($word -and -not $word.StartsWith('-')) { $words = $words | Select-Object -SkipLast 1 }
  $rest = @($words | Select-Object -Skip 1)
  & blindspot @rest --generate-bash-completion 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`,
}

// completing answers a shell with the words that a command's argument can be, and with its flags where one is begun.
func completing(words func() []string) cli.BashCompleteFunc {
	return func(c *cli.Context) {
		if last := os.Args[max(0, len(os.Args)-2)]; strings.HasPrefix(last, "-") {
			cli.DefaultCompleteWithFlags(c.Command)(c)
			return
		}
		if c.NArg() > 0 {
			return // it is said; files may follow
		}
		for _, w := range words() {
			fmt.Fprintln(c.App.Writer, w)
		}
	}
}
