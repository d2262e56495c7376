# bash completion for heatline; made by `heatline completions bash`

_heatline()
{
    local current=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]}
    local words= files= i

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W 'record trace top dump doctor report diff merge export info help --help --version' -- "$current"))
        return
    fi
    # The program to run completes as if it stood alone.
    for ((i = 2; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -- ]]; then
            declare -F _command_offset >/dev/null && _command_offset $((i + 1))
            return
        fi
    done
    if [[ $current == = ]]; then
        current=
    elif [[ $last == = ]]; then
        last=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case ${COMP_WORDS[1]}:$last in
    record:-p | record:--pid) return ;;
    record:--python) files=1 ;;
    record:-r | record:--rate) return ;;
    record:-d | record:--duration) return ;;
    record:-o | record:--output) files=1 ;;
    record:-f | record:--format) words='svg raw speedscope chrometrace perfetto pprof gecko cpuprofile heat' ;;
    record:--flush) return ;;
    record:--mode) words='wall cpu gil' ;;
    record:--limit-threads) return ;;
    record:--include) return ;;
    record:--exclude) return ;;
    record:--max-depth) return ;;
    record:--range) return ;;
    record:--rcfile) files=1 ;;
    trace:--attach) return ;;
    trace:-t | trace:--duration) return ;;
    trace:--python) files=1 ;;
    trace:--include-files) return ;;
    trace:--exclude-files) return ;;
    trace:--root) return ;;
    trace:--sample-every) return ;;
    trace:--max-stack-depth) return ;;
    trace:--min-duration) return ;;
    trace:--log-var) return ;;
    trace:--log-number) return ;;
    trace:--log-attr) return ;;
    trace:--log-func-exec) return ;;
    trace:--log-func-entry) return ;;
    trace:--log-audit) return ;;
    trace:-o | trace:--output) files=1 ;;
    trace:-f | trace:--format) words='svg raw speedscope chrometrace perfetto pprof gecko cpuprofile heat' ;;
    trace:--output-dir) files=1 ;;
    trace:--max-size) return ;;
    trace:--ring) return ;;
    trace:--tracer-entries) return ;;
    trace:--trigger) return ;;
    trace:--before) return ;;
    trace:--after) return ;;
    trace:--snapshots) return ;;
    trace:--rcfile) files=1 ;;
    top:-p | top:--pid) return ;;
    top:--python) files=1 ;;
    top:-r | top:--rate) return ;;
    top:-d | top:--duration) return ;;
    top:--delay) return ;;
    top:--mode) words='wall cpu gil' ;;
    top:--limit-threads) return ;;
    top:--include) return ;;
    top:--exclude) return ;;
    top:--max-depth) return ;;
    top:--rcfile) files=1 ;;
    dump:-p | dump:--pid) return ;;
    dump:--rcfile) files=1 ;;
    doctor:-p | doctor:--pid) return ;;
    doctor:--rcfile) files=1 ;;
    report:--limit) return ;;
    report:--mode) words='wall cpu gil' ;;
    report:--limit-threads) return ;;
    report:--include) return ;;
    report:--exclude) return ;;
    report:--max-depth) return ;;
    report:--range) return ;;
    report:--min-duration) return ;;
    report:--rcfile) files=1 ;;
    diff:--limit) return ;;
    diff:--mode) words='wall cpu gil' ;;
    diff:--limit-threads) return ;;
    diff:--include) return ;;
    diff:--exclude) return ;;
    diff:--max-depth) return ;;
    diff:--range) return ;;
    diff:--rcfile) files=1 ;;
    merge:--rcfile) files=1 ;;
    export:-o | export:--output) files=1 ;;
    export:-f | export:--format) words='svg raw speedscope chrometrace perfetto pprof gecko cpuprofile heat' ;;
    export:--mode) words='wall cpu gil' ;;
    export:--limit-threads) return ;;
    export:--include) return ;;
    export:--exclude) return ;;
    export:--max-depth) return ;;
    export:--range) return ;;
    export:--min-duration) return ;;
    export:--rcfile) files=1 ;;
    info:--rcfile) files=1 ;;
    help:--rcfile) files=1 ;;
    esac
    if [[ -z $words && -z $files && $current == -* ]]; then
        case ${COMP_WORDS[1]} in
        record) words='-p --pid --python --keep-running -r --rate -d --duration --nonblocking --blocking --async -o --output -f --format --flush -t --threads --mode -g --gil -i --idle -s --subprocesses -F --function --nolineno --full-filenames --limit-threads --include --exclude --gc --max-depth --range -h --help --rcfile' ;;
        trace) words='--attach -t --duration --python --ignore-multiprocess --ignore-c-function --ignore-frozen --include-files --exclude-files --project --root --sample-every --log-sparse --max-stack-depth --min-duration --log-var --log-number --log-attr --log-func-exec --log-func-entry --magic-comment --log-func-args --log-func-retval --repr --log-print --log-gc --log-async --log-torch --log-exception --log-audit -o --output -f --format -u --unique-output-file --output-dir --pid-suffix --quiet --max-size --ring --tracer-entries --stop-when-full --trigger --before --after --snapshots -h --help --rcfile' ;;
        top) words='-p --pid --python --keep-running -r --rate -d --duration --nonblocking --blocking --async --delay -t --threads --mode -g --gil -i --idle -s --subprocesses -F --function --nolineno --full-filenames --limit-threads --include --exclude --gc --max-depth -h --help --rcfile' ;;
        dump) words='-p --pid -s --subprocesses --blocking --nonblocking -l --locals -j --json --async -g --gil -F --function --full-filenames -h --help --rcfile' ;;
        doctor) words='-p --pid -j --json -h --help --rcfile' ;;
        report) words='--functions --lines --tree --threads --calls --tasks --replay --limit --json --csv --mode -g --gil -i --idle -s --subprocesses -F --function --nolineno --full-filenames --limit-threads --include --exclude --gc --max-depth --range --min-duration -t --per-thread -h --help --rcfile' ;;
        diff) words='--limit --json --csv --mode -g --gil -i --idle -s --subprocesses -F --function --nolineno --full-filenames --limit-threads --include --exclude --gc --max-depth --range -h --help --rcfile' ;;
        merge) words='-h --help --rcfile' ;;
        export) words='-o --output -f --format -t --threads --mode -g --gil -i --idle -s --subprocesses -F --function --nolineno --full-filenames --limit-threads --include --exclude --gc --max-depth --range --min-duration -h --help --rcfile' ;;
        info) words='--json --dump -h --help --rcfile' ;;
        help) words='-h --help --rcfile' ;;
        esac
    fi
    if [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}

complete -F _heatline heatline
