# Completion of slipway for bash: source <(slipway completion bash)
_slipway() {
  local rest=$COMP_LINE word words=() i cur prefix line directive=4
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    # Bash splits words at = and :, too.
    if ((i > 0)) && [[ $rest != [[:space:]]* ]]; then words[${#words[@]} - 1]+=$word; else words+=("$word"); fi
    rest=${rest#"${rest%%[![:space:]]*}"}
    rest=${rest#"$word"}
  done
  cur=${words[${#words[@]} - 1]}
  prefix=${cur%"${cur##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) directive=${line#:} ;;
      *)
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$prefix"}")
        ;;
    esac
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  if ((directive & 2)); then compopt -o nospace; fi
  if ! ((directive & 4)); then compopt -o default; fi
}
complete -F _slipway slipway
