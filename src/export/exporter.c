/* The table of formats. */
#include "export/exporter.h"

#include <string.h>

#include "export/formats.h"

const struct exporter exporters[] = {
    {"svg", ".svg .html", GZIP_NEVER,
     "flame graph that opens in any browser: zoom, search, tooltips", svg_write, false},
    {"raw", ".txt .raw .collapsed .folded", GZIP_NEVER,
     "one line per stack and its count, for other flame graph tools", raw_write, false},
    {"speedscope", ".speedscope.json .speedscope .speedscope.json.gz", GZIP_BY_NAME,
     "speedscope.app: a timeline per thread", speedscope_write, false},
    {"chrometrace", ".json .trace.json .json.gz", GZIP_BY_NAME,
     "Chrome's trace events, for VizTracer's viewer and ui.perfetto.dev", chrometrace_write, true},
    {"perfetto", ".pftrace .perfetto-trace", GZIP_NEVER,
     "Perfetto's own format, for ui.perfetto.dev: smaller than chrometrace", perfetto_write, true},
    {"pprof", ".pb.gz .pprof", GZIP_ALWAYS, "for `go tool pprof` and all that read its files",
     pprof_write, false},
    {"gecko", ".gecko.json .profile.json .gecko.json.gz .profile.json.gz", GZIP_BY_NAME,
     "Firefox Profiler, profiler.firefox.com", gecko_write, false},
    {"cpuprofile", ".cpuprofile", GZIP_NEVER, "VS Code and Chrome's developer tools",
     cpuprofile_write, false},
    {"heat", ".heat", GZIP_NEVER,
     "Heatline's own recording, which every other format can be made of", NULL, false},
    {NULL, NULL, GZIP_NEVER, NULL, NULL, false},
};

const struct exporter *exporter_named(const char *name)
{
    if (strcmp(name, "flamegraph") == 0) {
        name = "svg"; /* as py-spy calls it */
    }
    for (const struct exporter *e = exporters; e->name; e++) {
        if (strcmp(e->name, name) == 0) {
            return e;
        }
    }
    return NULL;
}

/* Length of the longest of the blank-separated suffixes that `path` ends in; 0 = none. */
static size_t suffix_len(const char *suffixes, const char *path)
{
    size_t best = 0, path_len = strlen(path);
    while (*suffixes) {
        size_t len = strcspn(suffixes, " ");
        if (len > best && len < path_len && memcmp(path + path_len - len, suffixes, len) == 0) {
            best = len;
        }
        suffixes += len;
        suffixes += strspn(suffixes, " ");
    }
    return best;
}

const struct exporter *exporter_for_path(const char *path)
{
    const struct exporter *best = NULL;
    size_t best_len = 0;
    for (const struct exporter *e = exporters; e->name; e++) {
        size_t len = suffix_len(e->suffixes, path);
        if (len > best_len) {
            best = e;
            best_len = len;
        }
    }
    return best;
}

static bool is_gzip_name(const char *path)
{
    size_t len = strlen(path);
    return len > 3 && strcmp(path + len - 3, ".gz") == 0;
}

struct out *exporter_open(const struct exporter *e, const char *path, struct err *err)
{
    struct out *o = out_open(path, err);
    if (o && (e->gzip == GZIP_ALWAYS || (e->gzip == GZIP_BY_NAME && is_gzip_name(path)))) {
        out_gzip(o);
    }
    return o;
}
