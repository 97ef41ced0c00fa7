// Sends all calls to a daemon at once; prints the number of calls per second.
const [socket, token, count] = process.argv.slice(2);
const peer = require("node:net").connect(socket);
const pending = new Map();
let rest = "";
peer.on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    const { id, result } = JSON.parse(line);
    pending.get(id)(result);
    pending.delete(id);
  }
});
function call(id) {
  return new Promise((resolve) => {
    pending.set(id, resolve);
    peer.write(JSON.stringify({ jsonrpc: "2.0", id, method: "server.ping", auth: token }) + "\n");
  });
}
(async () => {
  await call(0);
  const start = performance.now();
  await Promise.all(Array.from({ length: Number(count) }, (_, i) => call(i + 1)));
  console.log(JSON.stringify({ perSecond: Number(count) / (performance.now() - start) * 1000 }));
  peer.destroy();
})();
