package main

import (
	"fmt"
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

// The scripts ask the program itself: see complete.
var completions = map[string]string{
	"bash": `# bash breaks words at =, so they are put together again before the program is asked.
_blindspot() {
  local words=() word i joined=0 current prefix= value text
  COMPREPLY=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ ${#words[@]} -gt 0 && ($word == "=" || $joined == 1) ]]; then
      words[${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    joined=0
    [[ $word == "=" ]] && joined=1
  done
  current=${words[${#words[@]}-1]}
  [[ $current == *=* && $COMP_WORDBREAKS == *=* ]] && prefix=${current%=*}=
  while IFS=$'\t' read -r value text; do
    if [[ $value == :files ]]; then
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "${current#"$prefix"}")
      compopt -o filenames 2>/dev/null
    else
      [[ $value == *= ]] && compopt -o nospace 2>/dev/null
      COMPREPLY+=("${value#"$prefix"}")
    fi
  done < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
}
complete -F _blindspot blindspot
`,
	"zsh": `#compdef blindspot
_blindspot() {
  local -a described
  local line value text files=0
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      files=1
    elif [[ -n $line ]]; then
      value=${line%%$'\t'*}
      text=
      [[ $line == *$'\t'* ]] && text=${line#*$'\t'}
      described+=("${value//:/\\:}${text:+:$text}")
    fi
  done
  (( ${#described} )) && _describe -t values value described
  (( files )) && _files
}
if [[ ${funcstack[1]} == _blindspot ]]; then
  _blindspot "$@"
else
  compdef _blindspot blindspot
fi
`,
	"fish": `function __blindspot_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (commandline -ct)
    else
      printf '%s\n' $line
    end
  end
end
complete -c blindspot -f -a '(__blindspot_complete)'
`,
	"powershell": `Register-ArgumentCompleter -Native -CommandName blindspot -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.StartOffset -lt $position } | ForEach-Object { $_.ToString() })
  if ($word -eq '') { $words += '__empty' }
  & blindspot __complete @words 2>$null | ForEach-Object {
    $value, $text = $_ -split [char]9, 2
    if ($value -eq ':files') {
      [System.Management.Automation.CompletionCompleters]::CompleteFilename($word)
    } else {
      if (-not $text) { $text = $value }
      [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
    }
  }
}
`,
}
