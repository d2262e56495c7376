/* Chooses the exporter by -f or by the suffix of -o, and says which there are. */
#include "cli/output.h"

#include <string.h>

#include "base/str.h"
#include "cli/suggest.h"

const char *output_format_name(size_t i)
{
    return exporters[i].name;
}

static int unknown_format(const char *name, struct err *err)
{
    const char *near = suggest_choice(name, output_format_name);

    err_set(err, STATUS_USAGE, "unknown format '%s'", name);
    if (near != NULL)
        return err_hint(err, "did you mean '%s'?", near);
    struct str names = STR_EMPTY;
    for (size_t i = 0; exporters[i].name != NULL; i++)
        str_printf(&names, "%s%s", i > 0 ? ", " : "", exporters[i].name);
    err_hint(err, "formats are %s", names.data);
    str_release(&names);
    return -1;
}

static int no_guess(const char *path, struct err *err)
{
    struct str suffixes = STR_EMPTY;

    if (path == NULL || strcmp(path, "-") == 0)
        err_set(err, STATUS_USAGE, "which format? There is no file name to tell it by");
    else
        err_set(err, STATUS_USAGE, "cannot tell the format from the name '%s'", path);
    for (size_t i = 0; exporters[i].name != NULL; i++)
        str_printf(&suffixes, "%s%s", i > 0 ? ", " : "", exporters[i].name);
    err_hint(err, "give -f with one of %s", suffixes.data);
    str_release(&suffixes);
    return -1;
}

const struct exporter *output_format(const char *name, const char *path, const char *fallback,
                                     struct err *err)
{
    if (name != NULL) {
        const struct exporter *named = exporter_named(name);
        if (named == NULL)
            unknown_format(name, err);
        return named;
    }
    const struct exporter *guess = path != NULL ? exporter_for_path(path) : NULL;
    if (guess == NULL && fallback != NULL)
        guess = exporter_named(fallback);
    if (guess == NULL)
        no_guess(path, err);
    return guess;
}
