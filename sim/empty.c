/* Keeps the library of a room that has no sources yet from being empty. */
typedef int vpnsim_room_is_empty;
