-- What a script meets: strings, tables, files, the operating system, coroutines, errors.
print(_VERSION, #arg, arg[1], arg[2])

-- Strings.
print(string.format("%5.2f|%-8s|%08x|%q|%a", math.pi, "left", 48879, 'a "quote"\n', 1.5))
print(("the quick brown fox"):gsub("(%w+)", function(w) return w:sub(1, 1):upper() .. w:sub(2) end))
for key, value in ("a=1, b=two, c=3.5"):gmatch("(%w+)=([%w.]+)") do io.write(key, ":", value, " ") end
print(("x"):rep(5, "-"), ("reverse"):reverse(), #("\0\1\2"), ("%d"):format(3))
print(string.pack("<i4>I2z", -2, 513, "text"):byte(1, -1))
print(utf8.char(228, 8364, 128512), utf8.len("äöü"), select(2, pcall(utf8.codepoint, "\xff")))
print(tostring(2 ^ 53), 7 // 2, -7 // 2, -7 % 3, 7 / 2, 1e308 * 10, -(0 / 0) ~= -(0 / 0), 0x7fffffffffffffff + 1)
print(math.type(1), math.type(1.0), math.tointeger("8"), math.floor(-3.5), math.ult(1, -1), 5 & 3 | 8 ~ 1)

-- Tables.
local words = {}
for word in ("pear apple fig cherry banana date"):gmatch("%a+") do words[#words + 1] = word end
table.sort(words)
print(table.concat(words, " "), #words, table.unpack(words, 2, 3))
table.sort(words, function(a, b) return #a < #b or (#a == #b and a > b) end)
print(table.concat(words, " "), next({}), select("#", nil, nil))
table.insert(words, 2, "kiwi")
print(table.remove(words, 1), table.concat(table.move(words, 1, 3, 4), ","))
local big = {}
for i = 1, 200000 do big[i] = (i * 7919) % 200003 end
table.sort(big)
print(big[1], big[1000], big[#big], collectgarbage("count") > 1000)
local object = setmetatable({}, {__index = function(_, k) return k .. "!" end, __call = function(_, a) return a * 2 end,
    __tostring = function() return "an object" end, __len = function() return 42 end, __close = function() print("closed") end})
do local held <close> = object; print(object.field, object(21), tostring(object), #object) end

-- Files.
local name = os.tmpname()
print(name:match("^/tmp/lua_......$") ~= nil)
local file = assert(io.open(name, "w+"))
file:setvbuf("full", 1000)
for i = 1, 1000 do file:write("line ", i, "\n") end
print(file:seek("cur"), file:seek("set", 5), file:read("n", "l", "L", 3))
print(file:seek("end"))
file:write("without end")
file:close()
local count, last = 0
for line in io.lines(name) do count, last = count + 1, line end
print(count, last)
file = io.open(name, "rb")
print(#file:read("a"), file:read("a"), file:read("l"), file:read(0))
file:close()
print(io.type(file), pcall(file.read, file))
print(os.rename(name, name .. ".new"), os.remove(name), os.remove(name .. ".new"))
print(io.open("/absent/file"))
print(io.open("/proc/self/comm", "w") ~= false, pcall(io.open, name, "bad mode"))
local temporary = io.tmpfile()
temporary:write("temporary")
temporary:seek("set")
print(temporary:read("a"))
io.stderr:write("to standard error\n")
print(io.read("n", "l", "l"))
print(io.read("a"))

-- The operating system.
print(os.getenv("SETTING"), os.getenv("ABSENT"), os.date("!%Y-%m-%d %H:%M:%S", 1234567890))
print(os.time({year = 2024, month = 2, day = 29, hour = 12}), os.date("!%j %A", 0), os.difftime(10, 4))
print(math.abs(os.time() - os.time(os.date("*t"))) <= 1, os.clock() > 0, os.setlocale("C"), os.setlocale("xx_YY"))

-- Coroutines, errors, chunks.
local generate = coroutine.wrap(function(a) for i = a, a + 3 do a = coroutine.yield(i) or a end return "end" end)
print(generate(10), generate(), generate(), generate(), generate())
print(pcall(error, {code = 7}), select(2, pcall(error, "with position", 2)), xpcall(function() local x = nil; return x.y end, function(m) return "handled: " .. m end))
print(load("return 1 +")) 
print(load(string.dump(function(a) return a * a end), "chunk", "b")(12))
local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
print(deep(10000), select(2, pcall(function() return deep(1e7) end)):match("stack overflow") ~= nil)
goto out
print("not reached")
::out::
collectgarbage()
print(#tostring(print) > 0, require == nil, package.loaded.string == string)
error("the end")
