/* The description of every event, made from the same rows as its struct: name, fields, their kinds,
 * and where they are. Printers, expectations and the fingerprint read events through it. */
#include "trace_priv.h"

#include <stddef.h>
#include <string.h>

/* A row's function has a name of its own for its struct, so that the fields, which do not know the
 * event they belong to, can say offsetof(self, ...). */
#define FIELD(n, kind, namer) {#n, kind, offsetof(self, n), namer},
#define F_U32(n)              FIELD(n, KIND_U32, NULL)
#define F_U64(n)              FIELD(n, KIND_U64, NULL)
#define F_I64(n)              FIELD(n, KIND_I64, NULL)
#define F_TIME(n)             FIELD(n, KIND_TIME, NULL)
#define F_BOOL(n)             FIELD(n, KIND_BOOL, NULL)
#define F_IP4(n)              FIELD(n, KIND_IP4, NULL)
#define F_STR(n)              FIELD(n, KIND_STR, NULL)
#define F_SPAN(n)             FIELD(n, KIND_SPAN, NULL)
#define F_ENUM(e, n)          FIELD(n, KIND_ENUM, e##_name)
#define EV(name, fields)                                                                           \
    static const struct trace_field *fields_of_##name(void)                                        \
    {                                                                                              \
        typedef struct ev_##name self;                                                             \
        static const struct trace_field field[] = {fields{0}};                                     \
        return field;                                                                              \
    }
#include "tbl/events.def"
#undef EV

static const struct {
    const char *name;
    const struct trace_field *(*fields)(void);
} event[EV_COUNT] = {
#define EV(name, fields) {#name, fields_of_##name},
#include "tbl/events.def"
#undef EV
};

const char *trace_event_name(enum trace_id id)
{
    return id < EV_COUNT ? event[id].name : NULL;
}

const struct trace_field *trace_event_fields(enum trace_id id)
{
    static const struct trace_field none[] = {{0}};
    return id < EV_COUNT ? event[id].fields() : none;
}

enum trace_id trace_event_by_name(const char *name)
{
    int id = 0;
    while (id < EV_COUNT && strcmp(event[id].name, name) != 0)
        id++;
    return (enum trace_id)id;
}
