/* What every unit test includes: cmocka, whose header needs these before it. */
#ifndef HEATLINE_TESTS_UNIT_CHECK_H
#define HEATLINE_TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
