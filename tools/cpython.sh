# Sourced. Knows how a CPython 3.13 is made from Debian trixie's source package; not what for.

# cpython_build SCRATCH FINAL OPTION...: configured with these options, for cache_make. The source lists live in the
# scratch folder, so the machine's own apt set-up stays as it is.
cpython_build() {
    local scratch=$1 final=$2 apt=$1/apt
    shift 2
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$scratch/src"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) trixie main" \
        >"$apt/sources.list"
    local opts=(-q -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt" -o APT::Sandbox::User=root
        -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3)
    apt-get "${opts[@]}" update
    cd "$scratch"
    apt-get "${opts[@]}" source --download-only python3.13
    tar -xf python3.13_*.orig.tar.xz -C src --strip-components=1
    cd src
    ./configure -q --prefix="$final" --without-ensurepip --disable-test-modules "$@"
    make -s -j2
    make -s install DESTDIR="$scratch/root"
    mv "$scratch/root$final" "$scratch/keep"
}
