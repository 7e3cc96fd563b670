/* What the files about address translation share. Up to 8.2 there are nat, global and static lines
 * (vendor/fw_nat.h), from 8.3 on objects with a nat line of their own and lines for two objects. */
#ifndef VENDOR_ASA_ASA_NAT_H
#define VENDOR_ASA_ASA_NAT_H

#include "asa_conn.h"
#include "vendor/fw_nat.h"

/* Addresses of an object: from first to last. */
struct asa_range {
    ip4 first, last;
};
/* object network and object-group network. */
struct asa_object {
    char *name;
    bool group;
    uint32_t serial;
    GArray *ranges;     /* struct asa_range; of an object one at most */
    GPtrArray *members; /* of a group: names of objects and groups, owned */
    char *form;         /* of an object: how it was given, "subnet 10.1.0.0 255.255.255.0" */
    char *description;
    /* nat (in,out) …; in NULL = none */
    char *in, *out;
    bool dynamic, interface;
    char *mapped; /* an object, or an address; NULL: the interface */
    uint8_t protocol;
    uint16_t real_port, mapped_port;
    char *nat_text;
};
/* nat (in,out) source … : of the first or third section. */
struct asa_twice {
    uint32_t serial;
    char *in, *out;
    bool dynamic, after_auto, inactive;
    char *real, *mapped; /* objects; "any"; mapped may be "interface" */
    char *remote;        /* the object of destination static, NULL = any */
    char *text;          /* from "source" on */
};
struct asa_nat {
    struct fw_nat fw;
    GPtrArray *objects; /* struct asa_object, owned */
    GPtrArray *twice;   /* struct asa_twice, owned; first section before third */
    char *at_object;
    GPtrArray *acl_uses; /* struct asa_acl_use, owned */
};

/* ---- asa_nat_object.c ---- */
void asa_object_free(void *p);
void asa_twice_free(void *p);
const struct asa_object *asa_object_find(const struct asa *s, const char *name);
/* The second section, in its order. Caller frees. */
GPtrArray *asa_objects_auto(const struct asa *s);
void asa_objects_build(struct asa *s, struct fw_nat *t);
struct asa_object *asa_object_make(struct asa *s, const char *name, bool group);
/* The networks of an object or group, or of "any": struct ip4_net. Caller frees. */
GArray *asa_object_nets(const struct asa *s, const char *name);
bool asa_object_same(const struct asa *s, const char *a, const char *b);
/* "(in,out)" of names that there are; otherwise the mark under it. Caller frees both. */
bool asa_nat_pair(struct asa *s, const struct cli_args *a, char **in, char **out);

/* ---- asa_acl_object.c ---- */
void asa_acl_use_free(void *p);
/* A line whose source or destination is an object; the rest of it is `like`. */
void asa_acl_object_line(struct asa *s, const struct cli_args *a, const struct acl_line *like,
                         GString *out);
bool asa_acl_names(const struct asa *s, const char *object);
void asa_acl_objects_changed(struct asa *s);
/* The index behind the lines that were written with that at `i`, and the index at which the line of
 * that place, from 1, was written. */
guint asa_acl_next(const struct acl *acl, guint i);
guint asa_acl_place(const struct acl *acl, uint32_t place);
void asa_acl_renumber(struct acl *acl);
/* ---- asa_config_acl.c ---- */
/* A line to its text, with objects in the place of its networks where they are not NULL. */
void asa_acl_text(const struct asa *s, bool extended, const struct acl_line *l, const char *src,
                  const char *dst, GString *out);

/* ---- asa_nat_twice.c ---- */
bool asa_twice_line(struct asa *s, const struct cli_args *a, GString *out);
/* A nat 0 line of an older configuration, at the first boot: identities of its networks. False: it
 * is no such line. */
bool asa_nat_migrate(struct asa *s, const struct cli_args *a);

/* ---- asa_nat_object_text.c ---- */
void asa_objects_nat_text(const struct asa *s, GString *out); /* with the nat lines */
void asa_show_nat_sections(const struct asa *s, bool detail, GString *out);

#endif
