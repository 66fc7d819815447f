/*
** park.h - stopping a thread that is inside LLVM.
** SPDX-License-Identifier: MIT
*/
#ifndef ZY_PARK_H
#define ZY_PARK_H

#include <pthread.h>
#include <signal.h>

/* The signal that a worker must not block, 0: parking is not possible here. */
int zy_park_signal(void);

/* Stops 'n' threads that are inside LLVM, for ever, where they hold nothing that others need. Gives up after 'ms'
** milliseconds. Only while the process exits. */
void zy_park_threads(const pthread_t *threads, int n, int ms);

#endif
