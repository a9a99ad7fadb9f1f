#ifndef HELIOGRAPH_CLIBPQ_SHIM_H
#define HELIOGRAPH_CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <pg_config.h>

/* Pipeline mode came with libpq 14, and the server side of Heliograph needs 15. */
#if PG_VERSION_NUM < 150000
#error "Heliograph needs libpq 15 or later: install a newer libpq-dev (Debian, Ubuntu) or libpq (Homebrew)"
#endif

/* Macros that are character literals do not reach Swift. */
enum heliograph_error_field {
    HELIOGRAPH_DIAG_SEVERITY_NONLOCALIZED = PG_DIAG_SEVERITY_NONLOCALIZED,
    HELIOGRAPH_DIAG_SQLSTATE = PG_DIAG_SQLSTATE,
    HELIOGRAPH_DIAG_MESSAGE_PRIMARY = PG_DIAG_MESSAGE_PRIMARY,
    HELIOGRAPH_DIAG_MESSAGE_DETAIL = PG_DIAG_MESSAGE_DETAIL,
    HELIOGRAPH_DIAG_MESSAGE_HINT = PG_DIAG_MESSAGE_HINT,
    HELIOGRAPH_DIAG_CONSTRAINT_NAME = PG_DIAG_CONSTRAINT_NAME,
    HELIOGRAPH_DIAG_SCHEMA_NAME = PG_DIAG_SCHEMA_NAME,
    HELIOGRAPH_DIAG_TABLE_NAME = PG_DIAG_TABLE_NAME,
    HELIOGRAPH_DIAG_COLUMN_NAME = PG_DIAG_COLUMN_NAME,
    HELIOGRAPH_DIAG_STATEMENT_POSITION = PG_DIAG_STATEMENT_POSITION,
    HELIOGRAPH_DIAG_SOURCE_FUNCTION = PG_DIAG_SOURCE_FUNCTION,
};

/* Swift's Glibc module leaves these out. */
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif

#endif
