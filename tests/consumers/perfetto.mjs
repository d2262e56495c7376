// perfetto.mjs: runs Perfetto's trace processor (WebAssembly, as its web interface does: in a worker)
// on the RPC bytes that come in on standard input in base64, one request a line, and prints the
// replies alike.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import {tell, withPage} from './browser.mjs';

const folder = process.env.CONSUMER_PERFETTO;
const types = {'.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html'};
const requests = fs.readFileSync(0, 'utf8').trim().split('\n');

const server = http.createServer((request, response) => {
    const name = path.basename(request.url);
    const known = ['engine_bundle.js', 'trace_processor.wasm', 'trace_processor_memory64.wasm'];
    response.setHeader('Content-Type', types[path.extname(name)] || types['.html']);
    response.end(known.includes(name) ? fs.readFileSync(path.join(folder, name)) : '');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

async function ask(lines) {
    const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const encode = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    const worker = new Worker('/engine_bundle.js');
    const {port1, port2} = new MessageChannel();
    const replies = [];
    let wake = null;
    port1.onmessage = (event) => {
        replies.push(encode(event.data));
        wake();
    };
    worker.postMessage(port2, [port2]);
    for (const line of lines) { // one reply each
        const replied = new Promise((resolve) => { wake = resolve; });
        port1.postMessage(decode(line));
        await replied;
    }
    return replies;
}

try {
    tell(await withPage(async (page, complaints) => {
        await page.goto(`http://127.0.0.1:${server.address().port}/`);
        return {replies: await page.evaluate(ask, requests), complaints};
    }));
} finally {
    server.close();
}
