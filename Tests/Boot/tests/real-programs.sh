# Programs of other people: Lua and SQLite out of Debian's static libraries, Swift with a large text.

test_lua_script() {
    cp "$top/Tests/Programs/Real/test.lua" .
    printf '42 rest\nsecond\nthird\nfourth' >input
    hand_over test.lua
    same --file test.lua --env SETTING=value "$built/lua" test.lua one two || return 1
    expect_status martlet 1 || return 1
    [ "$(wc -l <martlet.out)" -gt 35 ] || { echo "few lines:"; cat martlet.out; return 1; }
}
sqlite_in() {
    same --memory 256M "$built/sqlite" "$1" || return 1
    expect_status martlet 0 || return 1
    grep -qx ok martlet.out || { echo "no integrity"; return 1; }
}
test_sqlite_journal() { sqlite_in delete; }
test_sqlite_wal() { sqlite_in wal; }
test_sqlite_memory() { sqlite_in memory; }
# 8 MB of words by a fixed rule, with letters beyond ASCII.
test_swift_words() {
    [ -x "$built/swift-words" ] || skip "no swiftc in PATH"
    awk 'BEGIN {
        split("alpha beta Gamma delta épsilon zeta ça straße theta iota Kappa lambda naïve nu", word, " ")
        for (line = 0; line < 150000; line++) {
            text = ""
            for (i = 0; i < 8; i++) {
                seed = (seed * 69069 + 12345) % 4294967296
                n = int(seed / 65536)
                text = text word[n % 14 + 1] (n % 11 == 0 ? n % 1000 : "") (i % 3 ? " " : ", ")
            }
            print text
        }
    }' >text
    hand_over text
    same --file text --memory 512M "$built/swift-words" text || return 1
    grep -q '^150001 lines' martlet.out || { head -1 martlet.out; return 1; }
}
