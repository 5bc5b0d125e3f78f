#include "cli/completion_script.h"

#include <string_view>
#include <vector>

#include "cli/text_width.h"

namespace products::cli {
namespace {

constexpr std::string_view kContexts = "productctl context list -o plain 2>/dev/null | cut -f1";

std::string Joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

// How bash and zsh are told what a value is: a kind with a colon, or the words themselves.
std::string KindText(const FlagNode& flag) {
  switch (flag.kind) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kAny:
      return ":any";
    case ValueKind::kChoice:
      return Joined(flag.choices, " ");
    case ValueKind::kFile:
      return ":file";
    case ValueKind::kDirectory:
      return ":dir";
    case ValueKind::kContext:
      return ":context";
  }
  return ":any";
}

// The cases of "what does this flag of this command take", for bash and zsh alike; those of the
// program hold for every command.
std::string ValueCases(const CommandNode& root) {
  std::string cases;
  for (const CommandNode* command : AllCommands(root)) {
    for (const FlagNode& flag : command->flags) {
      if (flag.kind == ValueKind::kNone) continue;
      std::string pattern;
      for (const std::string& name : flag.names) {
        if (!pattern.empty()) pattern += '|';
        pattern += command->path.empty() ? "*" + ShellQuoted(" " + name)
                                         : ShellQuoted(command->path + " " + name);
      }
      cases += "    " + pattern + ") kind=" + ShellQuoted(KindText(flag)) + " ;;\n";
    }
  }
  return cases;
}

std::string ArgumentCases(const CommandNode& root) {
  std::string cases;
  for (const CommandNode* command : AllCommands(root)) {
    if (command->arguments.empty()) continue;
    cases += "    " + ShellQuoted(command->path) +
             ") kind=" + ShellQuoted(KindText(command->arguments.front())) + " ;;\n";
  }
  return cases;
}

std::vector<std::string> FlagWords(const CommandNode& root, const CommandNode& command) {
  std::vector<std::string> words;
  for (const FlagNode& flag : command.flags) words.push_back(flag.names.back());
  if (&command == &root) return words;
  for (const FlagNode& flag : root.flags) {
    if (flag.names.back() != "--help" && flag.names.back() != "--version") {
      words.push_back(flag.names.back());
    }
  }
  return words;
}

std::string CommandWords(const CommandNode& command) {
  std::string words;
  for (const CommandNode& child : command.commands) words += child.name + " ";
  return words;
}

void ReplaceOnce(std::string& text, std::string_view from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at != std::string::npos) text.replace(at, from.size(), to);
}

constexpr std::string_view kBash =
    R"script(# bash completion of productctl. To have it in every shell:
#   productctl completion bash > ~/.local/share/bash-completion/completions/productctl
# or, without the package bash-completion, in ~/.bashrc:
#   source <(productctl completion bash)
_productctl_value() {
  case "$1 $2" in
@VALUES@  esac
}

_productctl_argument() {
  case $1 in
@ARGUMENTS@  esac
}

_productctl_words() {
  case $1 in
@WORDS@  esac
}

_productctl() {
  local current=${COMP_WORDS[COMP_CWORD]} chosen='' kind='' flags='' commands='' word index
  COMPREPLY=()
  _productctl_words ''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    # bash takes --flag=value apart into three words.
    [[ $word == '=' ]] && continue
    if [[ -n $kind ]]; then
      kind=''
    elif [[ $word == -* ]]; then
      _productctl_value "$chosen" "$word"
    elif [[ " $commands " == *" $word "* ]]; then
      chosen="${chosen:+$chosen }$word"
      _productctl_words "$chosen"
    fi
  done
  [[ $current == '=' ]] && current=''
  if [[ -z $kind && $current == -* ]]; then
    kind=$flags
  elif [[ -z $kind && -n $commands ]]; then
    kind=$commands
  elif [[ -z $kind ]]; then
    _productctl_argument "$chosen"
  fi
  case $kind in
    '' | :any) ;;
    :file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    :dir) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    :context) mapfile -t COMPREPLY < <(compgen -W "$(@CONTEXTS@)" -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$kind" -- "$current") ;;
  esac
}

complete -F _productctl productctl
)script";

constexpr std::string_view kZsh = R"script(#compdef productctl
# zsh completion of productctl. To have it in every shell, write it as _productctl into a folder of
# $fpath:
#   productctl completion zsh > "${fpath[1]}/_productctl"
# or, behind compinit in ~/.zshrc:
#   source <(productctl completion zsh)
_productctl_value() {
  case "$1 $2" in
@VALUES@  esac
}

_productctl_argument() {
  case $1 in
@ARGUMENTS@  esac
}

_productctl_words() {
  case $1 in
@WORDS@  esac
}

_productctl() {
  local chosen='' kind='' word
  local -a flags commands
  integer index
  _productctl_words ''
  for ((index = 2; index < CURRENT; index++)); do
    word=${words[index]}
    if [[ -n $kind ]]; then
      kind=''
    elif [[ $word == -*=* ]]; then
      :
    elif [[ $word == -* ]]; then
      _productctl_value "$chosen" "$word"
    elif [[ -n ${(M)commands:#$word:*} ]]; then
      chosen="${chosen:+$chosen }$word"
      _productctl_words "$chosen"
    fi
  done
  word=${words[CURRENT]}
  if [[ -z $kind && $word == --*=* ]]; then
    _productctl_value "$chosen" "${word%%=*}"
    compset -P '*='
  elif [[ -z $kind && $word == -* ]]; then
    _describe -o 'flag' flags
    return
  elif [[ -z $kind && -n $commands ]]; then
    _describe 'command' commands
    return
  elif [[ -z $kind ]]; then
    _productctl_argument "$chosen"
  fi
  case $kind in
    ''|:any) _message 'a value' ;;
    :file) _files ;;
    :dir) _path_files -/ ;;
    :context) compadd -- ${(f)"$(@CONTEXTS@)"} ;;
    *) compadd -- ${=kind} ;;
  esac
}

if [[ ${funcstack[1]} == _productctl ]]; then
  _productctl "$@"
else
  compdef _productctl productctl
fi
)script";

constexpr std::string_view kFish =
    R"script(# fish completion of productctl. To have it in every shell:
#   productctl completion fish > ~/.config/fish/completions/productctl.fish
function __productctl_at
    set -l chosen ''
    set -l skips 0
    for word in (commandline -opc)
        if test $skips = 1
            set skips 0
            continue
        end
        switch $word
            case '-*=*'
            case @TAKING@
                set skips 1
            case '-*'
            case '*'
                if contains -- "$chosen $word" @PATHS@
                    set chosen "$chosen $word"
                end
        end
    end
    test "$chosen" = "$argv[1]"
end

complete -c productctl -f
)script";

std::string ZshWords(const std::vector<const FlagNode*>& flags) {
  std::string words;
  for (const FlagNode* flag : flags) {
    words += " " + ShellQuoted(flag->names.back() + ":" + flag->description);
  }
  return words;
}

std::string FishLine(const std::string& path, const std::string& rest,
                     const std::string& description) {
  const std::string at = "__productctl_at " + ShellQuoted(path.empty() ? "" : " " + path);
  // Quotes within quotes: fish takes the condition as one text and reads it again.
  const std::string condition = "\"" + at + "\"";
  return "complete -c productctl -n " + condition + " " + rest +
         (description.empty() ? "" : " -d " + ShellQuoted(description)) + "\n";
}

std::string FishValue(const FlagNode& flag) {
  switch (flag.kind) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kAny:
      return " -x";
    case ValueKind::kChoice:
      return " -x -a " + ShellQuoted(Joined(flag.choices, " "));
    case ValueKind::kFile:
      return " -r -F";
    case ValueKind::kDirectory:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kContext:
      return " -x -a '(" + std::string(kContexts) + ")'";
  }
  return "";
}

std::string FishFlag(const FlagNode& flag) {
  std::string text;
  for (const std::string& name : flag.names) {
    if (!text.empty()) text += ' ';
    text += name.starts_with("--") ? "-l " + name.substr(2) : "-s " + name.substr(1);
  }
  return text + FishValue(flag);
}

}  // namespace

std::string RenderBashCompletion(const CommandNode& root) {
  std::string words;
  for (const CommandNode* command : AllCommands(root)) {
    words += "    " + ShellQuoted(command->path) +
             ")\n      flags=" + ShellQuoted(Joined(FlagWords(root, *command), " ")) +
             "\n      commands=" + ShellQuoted(CommandWords(*command)) + " ;;\n";
  }
  std::string script(kBash);
  ReplaceOnce(script, "@VALUES@", ValueCases(root));
  ReplaceOnce(script, "@ARGUMENTS@", ArgumentCases(root));
  ReplaceOnce(script, "@WORDS@", words);
  ReplaceOnce(script, "@CONTEXTS@", std::string(kContexts));
  return script;
}

std::string RenderZshCompletion(const CommandNode& root) {
  std::string words;
  for (const CommandNode* command : AllCommands(root)) {
    std::vector<const FlagNode*> flags;
    for (const FlagNode& flag : command->flags) flags.push_back(&flag);
    if (command != &root) {
      for (const FlagNode& flag : root.flags) {
        if (flag.names.back() != "--help" && flag.names.back() != "--version") {
          flags.push_back(&flag);
        }
      }
    }
    words += "    " + ShellQuoted(command->path) + ")\n      flags=(" + ZshWords(flags) +
             " )\n      commands=(";
    for (const CommandNode& child : command->commands) {
      words += " " + ShellQuoted(child.name + ":" + child.description);
    }
    words += " ) ;;\n";
  }
  std::string script(kZsh);
  ReplaceOnce(script, "@VALUES@", ValueCases(root));
  ReplaceOnce(script, "@ARGUMENTS@", ArgumentCases(root));
  ReplaceOnce(script, "@WORDS@", words);
  ReplaceOnce(script, "@CONTEXTS@", std::string(kContexts));
  return script;
}

std::string RenderFishCompletion(const CommandNode& root) {
  std::string taking;
  std::string paths;
  std::string lines;
  for (const FlagNode& flag : root.flags) {
    lines +=
        "complete -c productctl " + FishFlag(flag) + " -d " + ShellQuoted(flag.description) + "\n";
  }
  for (const CommandNode* command : AllCommands(root)) {
    for (const FlagNode& flag : command->flags) {
      for (const std::string& name : flag.names) {
        if (flag.kind != ValueKind::kNone) taking += " " + name;
      }
      if (command != &root) {
        lines += FishLine(command->path, FishFlag(flag), flag.description);
      }
    }
    if (command != &root) paths += " " + ShellQuoted(" " + command->path);
    for (const CommandNode& child : command->commands) {
      lines += FishLine(command->path, "-a " + child.name, child.description);
    }
    if (!command->arguments.empty()) {
      const FlagNode& argument = command->arguments.front();
      const std::string value = FishValue(argument);
      if (argument.kind == ValueKind::kFile) {
        lines += FishLine(command->path, "-F", "");
      } else if (argument.kind != ValueKind::kAny) {
        lines += FishLine(command->path, value.substr(sizeof(" -x ") - 1), argument.description);
      }
    }
  }
  std::string script(kFish);
  ReplaceOnce(script, "@TAKING@", taking.empty() ? "''" : taking.substr(1));
  ReplaceOnce(script, "@PATHS@", paths.empty() ? "''" : paths.substr(1));
  return script + lines;
}

}  // namespace products::cli
