// The nucleus is reached through its descriptor tables only; it has no C interface.
