// Five loops, CPU-bound and allocation-bound; prints "NAME MIN MEDIAN P90" in milliseconds for each.
'use strict';
const crypto = require('crypto');

function recursion() {
    const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
    return fibonacci(30);
}
function dictionary() {
    const words = new Map();
    for (let number = 0; number < 400000; number++) {
        const key = 'key ' + (number % 30000);
        words.set(key, (words.get(key) || 0) + number);
    }
    return words.size;
}
function objects() {
    let chain = null;
    for (let number = 0; number < 1500000; number++) {
        chain = { number, list: [number], next: number % 1000 ? chain : null };
    }
    return chain.number;
}
function text() {
    const items = [];
    for (let n = 0; n < 30000; n++) items.push({ id: n, name: `item ${n}`, tags: ['a', 'b', String(n)] });
    const document = JSON.stringify(items);
    return JSON.parse(document).length + document.match(/item (\d+)/g).length;
}
function buffers() {
    let last = Buffer.alloc(1 << 16);
    for (let n = 0; n < 200; n++) {
        const hash = crypto.createHash('sha256').update(last).digest();
        last = Buffer.alloc(1 << 16, hash);
    }
    return last[0];
}
for (const loop of [recursion, dictionary, objects, text, buffers]) {
    const times = [];
    for (let round = 0; round < 9; round++) {
        const start = process.hrtime.bigint();
        loop();
        times.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    times.sort((a, b) => a - b);
    console.log(loop.name, ...[times[0], times[4], times[8]].map((time) => time.toFixed(2)));
}
