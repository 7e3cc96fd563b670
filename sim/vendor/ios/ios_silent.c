/* The events that neither a debug nor a message of this family speaks of, each with the reason. An
 * event is here or in a table of handlers (ios_hear_…), never in both and never in neither. */
#include "vendor/ios/ios_debug_priv.h"

// clang-format off
const struct vendor_silent ios_silent[] = {
    /* what only the simulator knows */
    {EV_note,             "the simulator about itself"},
    {EV_injected,         "the simulator about itself"},
    {EV_timeline,         "the scenario's doing"},
    {EV_verdict,          "the scenario's judgement"},
    {EV_console,          "it is what lines become"},
    {EV_traffic_tx,       "a host's doing"},
    {EV_traffic_rx,       "a host's doing"},
    {EV_traffic_error,    "a host's doing"},
    {EV_tcp_state,        "a host's doing"},
    {EV_tcp_tx,           "a host's doing"},
    {EV_tcp_rx,           "a host's doing"},
    {EV_key_ike,          "for the key log"},
    {EV_key_qm,           "for the key log"},
    {EV_key_esp,          "for the key log"},
    {EV_link_tx,          "a wire has no voice"},
    {EV_link_rx,          "a wire has no voice"},
    {EV_link_drop,        "a wire has no voice"},
    {EV_link_change,      "a wire has no voice"},
    /* commands answer on the console where they are typed */
    {EV_config_line,      "told where it is typed"},
    {EV_config_change,    "told where it is typed"},
    {EV_clear_command,    "told where it is typed"},
    {EV_device_boot,      "the banner is the console's"},
    {EV_device_reload,    "the banner is the console's"},
    {EV_ping_reply,       "told where it is typed"},
    /* the rest */
    {EV_ike_lifetime,     "the life duration is among the attributes of the offer"},
    {EV_ike_dh_share,     "the crypto engine tells of SKEYID, which comes of it"},
    {EV_ike_gave_up,      "the death of the SA, or the failed quick mode, is told"},
    {EV_ike_rekey,        "the request and the offer are told as for any other SA"},
    {EV_ike_collision,    "both attempts are told line by line; none names the other"},
    {EV_ike_float,        "the ports of the next packet are told with it"},
    {EV_ike_moved,        "the ports of the next packet are told with it"},
    {EV_ike_keepalive,    "no debug shows these bytes"},
    {EV_udp_keepalive,    "no debug shows these bytes"},
    {EV_ike_unknown_spi,  "RECVD_PKT_INV_SPI of the packet, and the notification"},
    {EV_ike_id_refused,   "the failed main mode is told"},
    {EV_ike_no_policy,    "the request ends without a word"},
    {EV_ike_released,     "each quick mode tells of its beginning"},
    {EV_ipsec_no_peer,    "the packet is dropped without a word"},
    {EV_esp_out,          "packets are counted, not told"},
    {EV_esp_in,           "packets are counted, not told"},
    {EV_route_change,     "no debug of routing here"},
    {EV_acl_hit,          "show access-lists counts"},
    {EV_frag_made,        "show ip traffic counts"},
    {EV_frag_joined,      "show ip traffic counts"},
    {EV_conn_new,         "a router of this kind keeps no connections"},
    {EV_conn_stale,       "a router of this kind keeps no connections"},
    {EV_conn_rebound,     "a router of this kind keeps no connections"},
    {EV_conn_end,         "a router of this kind keeps no connections"},
    {EV_conn_refused,     "a router of this kind keeps no connections"},
    {EV_nat_new,          "translations are listed, not told"},
    {EV_nat_end,          "translations are listed, not told"},
    {EV_nat_refused,      "what is not translated is counted"},
};
// clang-format on
const size_t ios_n_silent = G_N_ELEMENTS(ios_silent);
