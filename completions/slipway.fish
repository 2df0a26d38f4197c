# Completion of slipway for fish: slipway completion fish | source
function __slipway_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -q current[1]; or set current ""
    set -l directive 4
    for line in ($words[1] __complete $words[2..-1] $current 2>/dev/null)
        if string match -q ':*' -- $line
            set directive (string sub -s 2 -- $line)
        else
            echo $line
        end
    end
    if contains -- $directive 0 2
        __fish_complete_path $current
    end
end
complete -c slipway -f -a '(__slipway_complete)'
