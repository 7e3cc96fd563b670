/* Sinks: observers of the event spine that leave files behind. They only look, so a run is the same
 * with every sink or none.
 *
 * Each is made before the run (`new` subscribes), writes its files into a directory at the end
 * (`write` makes the directory when it is missing) and is freed before the trace. What could not be
 * written is said in a GError of G_FILE_ERROR. No file holds a wall-clock time or a pointer.
 *
 * Long runs: events.jsonl, capture.pcapng and the tables can go to disk as they grow. Their `new`
 * then takes the directory at once (made when missing); with NULL they are kept in memory until
 * `write`. A streaming `new` that cannot open its file returns NULL. `write` closes the file and
 * tells of any error met on the way; its directory is ignored by a streaming sink. */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include <glib.h>
#include "trace/trace.h"

/* ---- events.jsonl: an object a line ----
 *
 * {"t":20000000,"seq":17,"step":9,"node":"r1","event":"ike_state","sa":1,"role":"INITIATOR",...}
 * t and every time are integer nanoseconds. Enums are their names (a number without a row stays
 * one), addresses dotted, bytes hex. Cookies, SPIs and message IDs are hex strings of their full
 * width. The simulation itself is node "". */
struct sink_jsonl;
struct sink_jsonl *sink_jsonl_new(struct trace *t, const char *stream_dir, GError **error);
bool sink_jsonl_write(struct sink_jsonl *s, const char *dir, GError **error);
void sink_jsonl_free(struct sink_jsonl *s);

/* One event as such a line, without the newline, for `vpnsim events` and messages of expectations.
 */
void sink_event_json(GString *out, const struct trace_event *e);

/* ---- counters.csv: time_ns,node,counter,value ---- */
struct sink_csv;
struct sink_csv *sink_csv_new(struct trace *t);
/* Notes all counters as they are at `now`; the owner calls it at its interval. */
void sink_counters_sample(struct sink_csv *s, sim_time now);
/* The samples, then all counters as they are at the end. */
bool sink_csv_write(struct sink_csv *s, const char *dir, GError **error);
void sink_csv_free(struct sink_csv *s);

/* ---- sas.csv: a row an SA life, in the order of their ends; those that live on come last ----
 *
 * node,kind,sa,id,local,remote,local_net,remote_net,role,born_ns,ready_ns,rekey_ns,replaced_ns,
 * successor,collided_ns,died_ns,why. kind is isakmp, esp-in or esp-out; sa is the engine's number
 * of it, which begins anew after a reload; id is the SPI, or both cookies. ready: phase 1 is
 * complete, an ESP SA is installed. rekey: its successor was asked for here. replaced: another one,
 * `successor`, took its place. collided: both ends asked at once. Cells of what never happened are
 * empty.
 *
 * In this and the following tables times are integer nanoseconds, numbers are bare and texts
 * quoted. They go to disk as they grow, under the rules of events.jsonl above. */
struct sink_lives;
struct sink_lives *sink_lives_new(struct trace *t, const char *stream_dir, GError **error);
bool sink_lives_write(struct sink_lives *s, const char *dir, GError **error);
void sink_lives_free(struct sink_lives *s);

/* ---- traffic.csv: flow,number,sent_ns,received_ns,delay_ns,why: a row a packet of each flow ----
 *
 * Rows of a flow are in order of number. received_ns is empty for what was lost; why has the flow's
 * own word for it (timeout, no-route), is "open" for what was on its way when the run ended, and
 * empty where nobody tells the sender. A packet that comes back after it was given up has a second
 * row, with its delay. */
struct sink_flows;
struct sink_flows *sink_flows_new(struct trace *t, const char *stream_dir, GError **error);
bool sink_flows_write(struct sink_flows *s, const char *dir, GError **error);
void sink_flows_free(struct sink_flows *s);

/* ---- Tables that take a row from each event of some kinds ----
 *
 * Rows go to stream_dir as they come, or are kept until sink_table_write when it is NULL. */
struct sink_table_kind;
struct sink_table;
struct sink_table *sink_table_new(const struct sink_table_kind *kind, struct trace *t,
                                  const char *stream_dir, GError **error);
bool sink_table_write(struct sink_table *t, const char *dir, GError **error);
void sink_table_free(struct sink_table *t);

/* ---- esp.csv: time_ns,node,sa,spi,seq,outcome: a row an ESP packet at its receiver ----
 *
 * outcome is "accepted", or the reason of the drop: replay, icv, no_spi, pad, inner, proxy, short.
 */
extern const struct sink_table_kind sink_table_esp;

/* ---- tcp.csv: time_ns,node,flow,conn,side,what,seq,bytes,flags,ack,again,cwnd ----
 *
 * A row a TCP segment where it was sent (what is tx) and where it came in (rx), at both ends of
 * each flow. side is client or server, the end that speaks of it; flags are letters (FSRPAU). A
 * segment sent has cwnd and, when it was sent before, how often in `again`; one that came in has
 * ack. */
extern const struct sink_table_kind sink_table_tcp;

/* ---- queue.csv: time_ns,node,interface,class,what,number,packets,bytes,why ----
 *
 * A row a packet that was put into a queue (what is in), left it (out), or was dropped before it
 * (drop, with why): queues of policies at interfaces, and that of the processor (class process).
 * packets and bytes are the depth of the queue behind that; number counts packets at the interface.
 */
extern const struct sink_table_kind sink_table_queue;

/* ---- timeline.csv: time_ns,kind,node,label,what: what the scenario did, and the end ----
 *
 * kind is step (of the timeline), reload, boot or end. */
extern const struct sink_table_kind sink_table_timeline;

/* ---- capture.pcapng: nanoseconds, an interface each link end ----
 *
 * A packet is recorded at the sender's interface as it is put on the link (outbound) and, with
 * SINK_PCAPNG_RX, again at the receiver's as it comes out (inbound). A lost one carries the reason
 * as its comment. By default only what was sent is recorded: Wireshark's TCP, ICMP and IKE analyses
 * all take the second sight of a packet for a retransmission.
 *
 * For the same cause an encrypted ISAKMP message that was recorded before (a retransmission, the
 * next hop of its way, its reception) is cut behind the ISAKMP header and says so in its comment:
 * Wireshark chains the IVs over all it sees and would show it, and what follows, as malformed.
 * SINK_PCAPNG_WHOLE records it in full. */
enum {
    SINK_PCAPNG_TX = 1,
    SINK_PCAPNG_RX = 2,
    SINK_PCAPNG_WHOLE = 4,
    SINK_PCAPNG_DEFAULT = SINK_PCAPNG_TX
};
/* Simulated time 0 is shown as 2002-03-01 00:00:00 UTC. */
#define SINK_EPOCH_S INT64_C(1014940800)
struct sink_pcapng;
struct sink_pcapng *sink_pcapng_new(struct trace *t, unsigned flags, const char *stream_dir,
                                    GError **error);
/* Names a link end ("wan:r1:FastEthernet0/0") that belongs to `node`. Ends nobody named get their
 * own interface at their first packet. */
void sink_pcapng_interface(struct sink_pcapng *s, const char *link, uint32_t end, const char *node,
                           const char *name);
bool sink_pcapng_write(struct sink_pcapng *s, const char *dir, GError **error);
void sink_pcapng_free(struct sink_pcapng *s);

/* ---- keys.json and wireshark/{preferences,esp_sa,ikev1_decryption_table} ----
 *
 * WIRESHARK_CONFIG_DIR=DIR/wireshark opens the capture decrypted. When two ends of an IKE SA have
 * different keys, the table has the initiator's. */
struct sink_keys;
struct sink_keys *sink_keys_new(struct trace *t);
bool sink_keys_write(struct sink_keys *s, const char *dir, GError **error);
void sink_keys_free(struct sink_keys *s);

/* ---- ladder.txt and ladder.svg ---- */
struct sink_ladder;
struct sink_ladder *sink_ladder_new(struct trace *t);
/* Tells who is at a link's end, so that packets that never arrive have a direction, and the order
 * of the nodes from left to right (as first told; others follow as they are first seen). */
void sink_ladder_end(struct sink_ladder *s, const char *link, uint32_t end, const char *node);
/* The text as write would write it; lent until the next call into the sink. */
const char *sink_ladder_text(struct sink_ladder *s);
bool sink_ladder_write(struct sink_ladder *s, const char *dir, GError **error);
void sink_ladder_free(struct sink_ladder *s);

/* ---- fingerprint: SHA-256 over all that happened ----
 *
 * Covers time, node, event and fields by name and value, of every event but `verdict` and `note`;
 * so it moves with behaviour, never with who listens or with a new event's place in the tables. */
struct sink_fingerprint;
struct sink_fingerprint *sink_fingerprint_new(struct trace *t);
/* The 64 hex digits of what was seen so far; lent until the next call. */
const char *sink_fingerprint_hex(struct sink_fingerprint *s);
bool sink_fingerprint_write(struct sink_fingerprint *s, const char *dir, GError **error);
void sink_fingerprint_free(struct sink_fingerprint *s);

/* ---- console/<node>.txt: what stood on each console ---- */
struct sink_console;
struct sink_console_line {
    sim_time at;
    enum console_kind kind;
    const char *text; /* lent until the sink is freed; no newline */
};
struct sink_console *sink_console_new(struct trace *t);
/* All lines of a node, each ended by a newline; "" when it has said nothing. Lent until the next
 * line. */
const char *sink_console_text(struct sink_console *s, const char *node);
size_t sink_console_count(const struct sink_console *s, const char *node);
bool sink_console_line(const struct sink_console *s, const char *node, size_t i,
                       struct sink_console_line *line);
bool sink_console_write(struct sink_console *s, const char *dir, GError **error);
void sink_console_free(struct sink_console *s);

#endif
