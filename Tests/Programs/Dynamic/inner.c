int inner(int value) { return value * 2; }
