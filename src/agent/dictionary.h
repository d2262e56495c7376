/* The definitions of this process: its strings, functions and threads, in a stream of their own. Safe to call from
 * any thread; takes a lock, so nothing here may call Python. */
#ifndef HEATLINE_AGENT_DICTIONARY_H
#define HEATLINE_AGENT_DICTIONARY_H

#include <stdint.h>
#include <sys/types.h>

#include "model/event.h"

/* Its stream. The first use of any of these begins it and defines this process. */
uint32_t dictionary_stream(void);
/* In a forked child, where nothing is defined yet. One that only runs another program writes nothing. */
void dictionary_forget(void);

/* The id of a string; defined on first use. {0} when it is empty or could not be written. */
struct string_id dictionary_string(struct text text);

/* The id of a function; defined on first use. {0} when it could not be written. */
struct function_id dictionary_function(struct text name, struct text file, uint32_t first_line);

/* The number of a task by its address and name, since addresses are used again; counted from 1. */
uint32_t dictionary_task(uint64_t address, struct text name);

/* A thread of this process; `id` 0: a new one. Its end. */
struct thread_id dictionary_thread(struct thread_id id, pid_t tid, struct text name,
                                   uint64_t ident);
void dictionary_thread_end(struct thread_id id);

/* This process is not recorded any more. */
void dictionary_process_end(void);

#endif
