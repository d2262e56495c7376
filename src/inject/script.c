#include "inject/script.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Closed, since a ResourceWarning would leave its __warningregistry__ in __main__. */
static const char line_begin[] = "try:__import__('builtins').exec((lambda f:(f.read(),f.close()))("
                                 "__import__('_io').FileIO('",
                  line_end[] = "/" SCRIPT_NAME "'))[0],{})\nexcept:0\n";

void script_line(struct str *ret, const char *folder)
{
    str_printf(ret, "%s%s%s", line_begin, folder, line_end);
}

/* A bytes literal. */
static void add_bytes(struct str *ret, const char *text)
{
    str_add(ret, "b\"");
    for (; *text; text++) {
        if (isalnum((unsigned char)*text))
            str_add_bytes(ret, text, 1);
        else
            str_printf(ret, "\\x%02x", (unsigned char)*text);
    }
    str_add(ret, "\"");
}

/* What a signal handler of the program raises meanwhile is the program's: a Ctrl-C is given again. */
static const char body[] =
    "def run():\n"
    "    ours = '/.heatline-'\n" /* by which the agent knows it (agent/code.c) */
    "    import _imp, _io, _thread\n"
    "    try:\n"
    "        answer = _io.FileIO(folder + '/" SCRIPT_ANSWER_NAME "', 'x')\n"
    "    except OSError:\n"
    "        return\n"
    "    said = 'it did not begin'\n"
    "    try:\n"
    "        _imp.create_dynamic(spec)\n"
    "    except ImportError as error:\n"
    "        said = str(error)\n"
    "    except KeyboardInterrupt:\n"
    "        _thread.interrupt_main()\n"
    "    except BaseException as error:\n"
    "        said = type(error).__name__ + ': ' + str(error)\n"
    "    answer.write((said + '\\n').encode('utf-8', 'replace'))\n"
    "    answer.close()\n"
    "try:\n"
    "    run()\n"
    "except BaseException:\n"
    "    pass\n";

void script_text(struct str *ret, const char *folder, const char *library, const char *entry,
                 const char *config)
{
    str_printf(ret, "folder = '%s'\nconfig = ", folder);
    add_bytes(ret, config);
    str_printf(ret, "\nclass spec:\n    name = '%s'\n    origin = ", entry);
    add_bytes(ret, library);
    str_add(ret, ".decode()\n");
    str_add(ret, body);
}
