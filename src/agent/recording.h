/* A recording that no recorder made: a program's own (module.c). Both return 0 or an errno. */
#ifndef HEATLINE_AGENT_RECORDING_H
#define HEATLINE_AGENT_RECORDING_H

/* A new file, or in the place of one that is there, whose content may still be mapped somewhere. */
int recording_create(const char *path);
/* Cuts the slack off and says that nothing more comes. */
int recording_finish(const char *path);

#endif
