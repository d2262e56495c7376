/* torch's own profiler beside the trace (config torch): what it saw, in tracks of their own (torch.py). */
#ifndef HEATLINE_AGENT_TORCH_H
#define HEATLINE_AGENT_TORCH_H

/* A profile that has not begun, with start() and stop(). A new reference; NULL with an error set. */
void *torch_profile(void);
/* Before the program runs: begins one when the program has imported torch. */
void torch_watch(void);

#endif
