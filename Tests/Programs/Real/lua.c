/* Lua of Debian's static library: runs a script with its arguments. */
#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <stdio.h>

int main(int count, char **arguments) {
    if (count < 2) return 64;
    lua_State *state = luaL_newstate();
    if (!state) return 71;
    luaL_openlibs(state);
    lua_createtable(state, count, 0);
    for (int i = 1; i < count; i++) {
        lua_pushstring(state, arguments[i]);
        lua_rawseti(state, -2, i - 1);
    }
    lua_setglobal(state, "arg");
    int failed = luaL_dofile(state, arguments[1]);
    if (failed) fprintf(stderr, "lua: %s\n", lua_tostring(state, -1));
    lua_close(state);
    return failed ? 1 : 0;
}
