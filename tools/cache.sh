# Sourced. Knows where test interpreters and environments are kept, and how one gets there whole or
# not at all; knows nothing of what they are.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/heatline

# The Debian mirror that this machine's apt is set up with: ours to ask, never to write down.
debian_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m 1 -E '/debian/?$'
}

# cache_make NAME FUNCTION: make $cache/NAME once. FUNCTION gets a scratch folder and the final
# path, and leaves what is to be kept in SCRATCH/keep. A failure keeps nothing but the log.
cache_make() {
    local name=$1 build=$2 final=$cache/$1 scratch log status
    [ -d "$final" ] && return 0
    mkdir -p "$cache"
    (
        flock 9
        [ -d "$final" ] && exit 0
        scratch=$(mktemp -d "$cache/.making.XXXXXX") || exit 1
        log=$cache/$name.log
        echo "making $name (log: $log)" >&2
        # Not as a condition: there the shell would go on after the first failed step.
        set +e
        (set -e; "$build" "$scratch" "$final"; mv -T "$scratch/keep" "$final") >"$log" 2>&1
        status=$?
        rm -rf "$scratch"
        [ $status -eq 0 ] || echo "$name cannot be had: $(tail -n 1 "$log")" >&2
        exit $status
    ) 9>"$cache/.$name.lock"
}
