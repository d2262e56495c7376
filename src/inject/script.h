/* The two texts of Python that are run in a process.
 *
 * The line is what a pending call runs in __main__. It must never raise, or the program would end with a SystemError;
 * it binds no name there, and reads none but __import__. It runs the script, in a namespace of its own. The script
 * loads a library as if it were an extension module, by `_imp`, which every interpreter has built in; the library's
 * PyInit_ function does what is wanted, finds `config` in the globals of its caller, and answers by raising an
 * ImportError. The answer is written to a file, which also keeps the script from running twice. */
#ifndef HEATLINE_INJECT_SCRIPT_H
#define HEATLINE_INJECT_SCRIPT_H

#include "base/str.h"
#include "inject/folder.h"

#define SCRIPT_NAME "script.py"
#define SCRIPT_ANSWER_NAME "answer"

void script_line(struct str *ret, const char *folder);
void script_text(struct str *ret, const char *folder, const char *library, const char *entry,
                 const char *config);

#endif
